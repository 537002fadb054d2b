import type { Clock } from '../../clock.js';
import { type Operations, ServiceFault } from '../../context.js';

interface Bucket {
  readonly operations: readonly string[];
  readonly burst: number;
  readonly perSecond: number;
}

/** Categories share a bucket. AWS documentation: "Request throttling for the Amazon ECS API". */
const buckets: readonly Bucket[] = [
  { operations: ['CreateService', 'UpdateService', 'DeleteService'], burst: 50, perSecond: 5 },
  { operations: ['DescribeServices', 'ListServices'], burst: 100, perSecond: 20 },
  { operations: ['RunTask', 'StopTask'], burst: 100, perSecond: 40 },
  { operations: ['DescribeTasks', 'ListTasks'], burst: 100, perSecond: 20 },
  { operations: ['DescribeServiceDeployments', 'ListServiceDeployments'], burst: 50, perSecond: 20 },
  { operations: ['DescribeServiceRevisions'], burst: 50, perSecond: 20 },
  { operations: ['RegisterTaskDefinition', 'DeregisterTaskDefinition'], burst: 20, perSecond: 1 },
  { operations: ['DescribeTaskDefinition', 'ListTaskDefinitions'], burst: 50, perSecond: 20 },
  { operations: ['CreateCluster'], burst: 20, perSecond: 1 },
  { operations: ['DescribeClusters', 'ListClusters'], burst: 50, perSecond: 20 },
  { operations: ['TagResource', 'UntagResource'], burst: 20, perSecond: 10 },
  { operations: ['ListTagsForResource'], burst: 50, perSecond: 20 },
];

/** The same operations behind ECS's token buckets. */
export function throttled(operations: Operations, clock: Clock): Operations {
  const limits = new Map(buckets.flatMap((bucket) => {
    const take = tokenBucket(bucket, clock);
    return bucket.operations.map((name) => [name, take] as const);
  }));
  return Object.fromEntries(
    Object.entries(operations).map(([name, handle]) => [
      name,
      (input: never) => {
        if (limits.get(name)?.() === false) throw new ServiceFault('ThrottlingException', 'Rate exceeded');
        return handle(input);
      },
    ]),
  );
}

function tokenBucket({ burst, perSecond }: Bucket, clock: Clock): () => boolean {
  let tokens = burst;
  let filledAt = clock.now();
  return () => {
    const now = clock.now();
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
