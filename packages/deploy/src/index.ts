/** The public surface of `@graasp/deploy`. */
export * from './public.js';
export { fileRunStore } from './runs/file-run-store.js';
