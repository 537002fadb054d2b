import type { CloudContext, Operations, Siblings } from '../context.js';

type MetricsSibling = Siblings['cloudwatch'];
export interface CloudWatch extends MetricsSibling {
  readonly operations: Operations;
}

export function createCloudWatch(context: CloudContext): CloudWatch {
  throw new Error(`CloudWatch is being written (${context.region}).`);
}
