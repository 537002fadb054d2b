import type { Service } from '../aws/ecs.js';

/** Whether ECS has given a service's deployment up: its next task comes of a new deployment. */
export function hasGivenUp({ deployments = [] }: Service): boolean {
  return deployments.find(({ status }) => status === 'PRIMARY')?.rolloutState === 'FAILED';
}
