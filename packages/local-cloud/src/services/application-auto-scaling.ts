import type { CloudContext, Operations } from '../context.js';

export interface ApplicationAutoScaling {
  readonly operations: Operations;
}

export function createApplicationAutoScaling(context: CloudContext): ApplicationAutoScaling {
  throw new Error(`Application Auto Scaling is being written (${context.region}).`);
}
