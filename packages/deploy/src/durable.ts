/** Recipes under AWS Lambda durable functions: `@graasp/deploy/durable`. */
export { durableRecipe } from './durable/durable-recipe.js';
export type { DurableContext } from './durable/durable-context.js';
