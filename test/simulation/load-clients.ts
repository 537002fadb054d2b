import { createClients } from '../../packages/deploy/src/aws/clients.js';

let loaded: Promise<unknown> | null = null;

/** What is loaded at a first call comes when the machine has read it: a seed is the same only where nothing is read any more. */
export async function loadClients(): Promise<void> {
  const { ecs, rds, elbv2, cloudwatch, logs, ecr, autoscaling, iam, sts } = createClients('eu-central-1', {});
  loaded ??= Promise.all([ecs, rds, elbv2, cloudwatch, logs, ecr, autoscaling, iam, sts].map((load: () => Promise<unknown>) => load()));
  await loaded;
}
