import { type Environment, internals } from '../environment/environment.js';
import { type Action, actions } from './actions.js';
import type { Resources } from './resources.js';
import { type RecipeName, recipeSteps, stepActions } from './step-actions.js';

/** An action, on every one of some resources. */
export interface NeededAccess {
  readonly action: Action;
  readonly resources: readonly string[];
}

/** Everything that a recipe has to be allowed in an environment; nothing of what that environment has none of. */
export function neededAccess(env: Environment, recipe: RecipeName, resources: Resources): readonly NeededAccess[] {
  const { images } = env.definition;
  const steps = recipeSteps[recipe].filter((step) => step !== 'promote-image' || images?.source !== undefined);
  const needed = new Set(steps.flatMap((step): readonly Action[] => stepActions[step]));
  if (images?.source === undefined && images?.mutableTags === undefined) needed.delete('ecr:PutImage');
  return [...needed]
    .sort()
    .map((action) => ({ action, resources: actions[action].flatMap((kind) => resources[kind]) }))
    .filter(({ resources }) => resources.length > 0);
}

/** Condition keys that a policy may go by, with the values that calls have. */
export function contextOf(env: Environment): Readonly<Record<string, string>> {
  return {
    'aws:RequestedRegion': env.definition.region,
    'ecs:cluster': env[internals].found.clusterArn,
    'ecs:CreateAction': 'RegisterTaskDefinition',
    'iam:PassedToService': 'ecs-tasks.amazonaws.com',
  };
}
