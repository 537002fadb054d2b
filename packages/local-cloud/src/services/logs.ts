import type { CloudContext, Operations, Siblings } from '../context.js';

type LogsSibling = Siblings['logs'];
export interface Logs extends LogsSibling {
  readonly operations: Operations;
}

export function createLogs(context: CloudContext): Logs {
  throw new Error(`CloudWatch Logs is being written (${context.region}).`);
}
