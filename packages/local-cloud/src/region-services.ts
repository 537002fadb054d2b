import type { CloudContext, Operations, Siblings } from './context.js';
import { type ApplicationAutoScaling, createApplicationAutoScaling } from './services/application-auto-scaling.js';
import type { CloudFront } from './services/cloudfront/cloudfront.js';
import { type CloudWatch, createCloudWatch } from './services/cloudwatch.js';
import { createEcr, type Ecr } from './services/ecr/ecr.js';
import { createEcs, type EcsService } from './services/ecs/ecs.js';
import { createElbv2, type Elbv2 } from './services/elbv2/elbv2.js';
import { createIam } from './services/iam.js';
import { createLogs, type Logs } from './services/logs.js';
import { createRds, type RdsService } from './services/rds/rds.js';
import type { DatabaseContent } from './services/rds/state.js';
import { createS3, type S3 } from './services/s3/s3.js';
import { createSts } from './services/sts.js';
import type { ServiceName } from './wire/wire.js';

/** The services of the account in one region. */
export interface RegionServices {
  readonly ecs: EcsService;
  readonly rds: RdsService;
  readonly elbv2: Elbv2;
  readonly ecr: Ecr;
  readonly logs: Logs;
  readonly cloudwatch: CloudWatch;
  readonly autoScaling: ApplicationAutoScaling;
  readonly s3: S3;
  readonly context: CloudContext;
  readonly operations: Readonly<Record<ServiceName, Operations>>;
}

/** `cloudfront` is the account's: the same in every region. */
export function createRegionServices(context: Omit<CloudContext, 'siblings'>, contents: ReadonlyMap<string, DatabaseContent>, cloudfront: CloudFront): RegionServices {
  const { accountId, region, clock, faults, authorizer, hosts, background } = context;
  const whole: CloudContext = {
    accountId,
    region,
    clock,
    faults,
    authorizer,
    hosts,
    background,
    // it changes once the cloud is filled
    get timing() {
      return context.timing;
    },
    get siblings() {
      return siblings;
    },
  };
  const ecs = createEcs(whole);
  const rds = createRds(whole, contents);
  const elbv2 = createElbv2(whole);
  const ecr = createEcr(whole);
  const logs = createLogs(whole);
  const cloudwatch = createCloudWatch(whole);
  const autoScaling = createApplicationAutoScaling(whole);
  const s3 = createS3(whole);
  const siblings: Siblings = { ecs: ecs.sibling, rds: rds.sibling, elbv2, ecr, logs, cloudwatch };
  return {
    ecs,
    rds,
    elbv2,
    ecr,
    logs,
    cloudwatch,
    autoScaling,
    s3,
    context: whole,
    operations: {
      ecs: ecs.operations,
      rds: rds.operations,
      elbv2: elbv2.operations,
      ecr: ecr.operations,
      logs: logs.operations,
      cloudwatch: cloudwatch.operations,
      'application-autoscaling': autoScaling.operations,
      sts: createSts(whole).operations,
      s3: s3.operations,
      cloudfront: cloudfront.operations,
      iam: createIam(whole).operations,
    },
  };
}
