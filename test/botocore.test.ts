import { afterAll, describe, expect, it } from 'vitest';
import { operationsTable } from '../packages/local-cloud/src/operations-table.js';
import { saySkipped } from './awscli/client-environment.js';
import { everyOperation, type PlannedCall } from './awscli/every-operation.js';
import { type Botocore, type BotocoreOutcome, startBotocore } from './awscli/start-botocore.js';
import { withAssets } from './assets.js';
import { shopBlueprint, startShopCloud } from './shop.js';

type ServiceName = keyof typeof operationsTable;

const cloud = await startShopCloud({ http: true, blueprint: withAssets(shopBlueprint) });
const botocore = await startBotocore(cloud.url ?? '');
if (botocore === undefined) saySkipped("there is no Python with the AWS command line's botocore here, so nothing that others wrote reads the local cloud's answers in this run");
const unknown = new Set<string>();
afterAll(async () => {
  if (unknown.size > 0) saySkipped(`this botocore is older than ${[...unknown].join(', ')}`);
  botocore?.end();
  await cloud.stop();
});

const { call, cloudwatchProtocols }: Pick<Botocore, 'call' | 'cloudwatchProtocols'> = botocore ?? { call: () => Promise.reject(new Error('no botocore')), cloudwatchProtocols: [] };
const services = Object.keys(operationsTable) as ServiceName[];
const runs = services.flatMap((service): readonly { readonly service: ServiceName; readonly protocol?: string; readonly answers: string }[] =>
  service === 'cloudwatch' ? cloudwatchProtocols.map((protocol) => ({ service, protocol, answers: `${service} in ${protocol}` })) : [{ service, answers: service }],
);

describe('the operations that the tests call', () => {
  it.each(services)('are all that the local cloud has of %s', (service) => {
    expect([...new Set(everyOperation[service].map(({ operation }) => operation))].sort()).toEqual(Object.keys(operationsTable[service].operations).sort());
  });
});

const told = (code: string, message: string, status = 400, exception = code) => ({ kind: 'error', code, message, status, class: exception });
const shopTimes = { StartTime: '2026-11-01T00:00:00.000Z', EndTime: '2026-11-23T00:00:00.000Z' };

/** `class` is the exception that botocore raises: that of the model where the model knows the code. */
const refused: readonly { readonly operation: `${ServiceName}:${string}`; readonly input: object; readonly error: object }[] = [
  { operation: 'rds:DescribeDBInstances', input: { DBInstanceIdentifier: 'nowhere' }, error: told('DBInstanceNotFound', 'DBInstance nowhere not found.', 404, 'DBInstanceNotFoundFault') },
  { operation: 'rds:DeleteDBSnapshot', input: { DBSnapshotIdentifier: 'nothing' }, error: told('DBSnapshotNotFound', 'DBSnapshot nothing not found.', 404, 'DBSnapshotNotFoundFault') },
  { operation: 'rds:StartDBInstance', input: { DBInstanceIdentifier: 'shop' }, error: told('InvalidDBInstanceState', 'Instance shop is not stopped, therefore cannot be started.', 400, 'InvalidDBInstanceStateFault') },
  { operation: 'elbv2:DescribeRules', input: { RuleArns: ['arn:nothing'] }, error: told('RuleNotFound', 'One or more rules not found', 400, 'RuleNotFoundException') },
  { operation: 'elbv2:DescribeLoadBalancers', input: { Names: ['a&b'] }, error: told('LoadBalancerNotFound', "Load balancers '[a&b]' not found", 400, 'LoadBalancerNotFoundException') },
  { operation: 'ecs:ListServices', input: { cluster: 'nowhere' }, error: told('ClusterNotFoundException', 'Cluster not found.') },
  { operation: 'ecs:UpdateService', input: { cluster: 'shop', service: 'nothing', desiredCount: 1 }, error: told('ServiceNotFoundException', 'Service not found.') },
  { operation: 'ecs:CreateTaskSet', input: { cluster: 'shop', service: 'web', taskDefinition: 'web' }, error: told('NotImplemented', 'local cloud does not implement ecs:CreateTaskSet', 501, 'ClientError') },
  { operation: 'ecr:DescribeImages', input: { repositoryName: 'nothing' }, error: told('RepositoryNotFoundException', "The repository with name 'nothing' does not exist in the registry with id '123456789012'") },
  { operation: 'logs:GetLogEvents', input: { logGroupName: '/nothing', logStreamName: 'a' }, error: told('ResourceNotFoundException', 'The specified log group does not exist.') },
  { operation: 's3:GetObject', input: { Bucket: 'nowhere', Key: 'a' }, error: told('NoSuchBucket', 'The specified bucket does not exist', 404) },
  { operation: 's3:PutObject', input: { Bucket: 'shop-files', Key: 'runs/1/journal', Body: 'a', IfNoneMatch: '*' }, error: told('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, 'ClientError') },
  { operation: 's3:GetBucketPolicy', input: { Bucket: 'shop-files' }, error: told('NotImplemented', 'local cloud does not implement s3:GetBucketPolicy', 501, 'ClientError') },
  { operation: 'cloudfront:GetDistribution', input: { Id: 'nothing' }, error: told('NoSuchDistribution', 'The specified distribution does not exist.', 404) },
  { operation: 'cloudfront:CreateInvalidation', input: { DistributionId: 'a', InvalidationBatch: { Paths: { Quantity: 0 }, CallerReference: 'a' } }, error: told('NotImplemented', 'local cloud does not implement cloudfront:CreateInvalidation', 501, 'ClientError') },
  { operation: 'application-autoscaling:DeregisterScalableTarget', input: { ServiceNamespace: 'ecs', ResourceId: 'service/shop/jobs', ScalableDimension: 'ecs:service:DesiredCount' }, error: told('ObjectNotFoundException', 'No scalable target found for service namespace: ecs, resource ID: service/shop/jobs, scalable dimension: ecs:service:DesiredCount') },
];
const refusedByCloudWatch = cloudwatchProtocols.flatMap((protocol) => [
  { protocol, operation: 'GetMetricStatistics', input: { Namespace: 'Shop', MetricName: 'Sold', Period: 60, Statistics: ['Sum'], ...shopTimes }, error: told('InvalidParameterCombination', 'You have requested up to 31680 datapoints, which exceeds the limit of 1440.', 400, 'InvalidParameterCombinationException') },
  { protocol, operation: 'PutDashboard', input: { DashboardName: 'shop', DashboardBody: '{}' }, error: told('NotImplemented', 'local cloud does not implement cloudwatch:PutDashboard', 501, 'ClientError') },
]);

describe.skipIf(botocore === undefined)(`botocore ${botocore?.version ?? 'that is not installed'}`, () => {
  it.each(runs)('reads every member of every answer of $answers, and is understood', async ({ service, protocol }) => {
    const answers: Record<string, unknown> = {};
    for (const planned of everyOperation[service]) {
      const input = planned.input((path) => textAt(answers, path));
      const outcome = await call({ service, operation: planned.operation, input, protocol });
      if (outcome.kind === 'unknown') unknown.add(`${service}:${planned.operation}`);
      if (outcome.kind === 'output') answers[planned.operation] = outcome.output;
      expect({ operation: planned.operation, ...differences(planned, input, outcome) }).toEqual({ operation: planned.operation });
      if (planned.thenMs > 0) await cloud.clock.sleep(planned.thenMs);
    }
    expect(cloud.inspect.defects).toEqual([]);
  });

  it.each(refused)('raises what the model says for an error of $operation', async ({ operation, input, error }) => {
    const [service = '', name = ''] = operation.split(':');
    expect(await call({ service, operation: name, input })).toEqual(error);
  });

  it.each(refusedByCloudWatch)('raises the same for an error of cloudwatch:$operation in every protocol ($protocol)', async ({ protocol, operation, input, error }) => {
    expect(await call({ service: 'cloudwatch', operation, input, protocol })).toEqual(error);
  });

  it.each([
    { operation: 'ecs:ListClusters', code: 'ThrottlingException' },
    { operation: 'rds:DescribeDBInstances', code: 'Throttling' },
  ])('is throttled by a fault as AWS throttles $operation', async ({ operation, code }) => {
    cloud.faults.add({ kind: 'throttle', operation });
    const [service = '', name = ''] = operation.split(':');
    expect(await call({ service, operation: name, input: {} })).toEqual(told(code, 'Rate exceeded', 400, 'ClientError'));
  });
});

/** Nothing when botocore sent what it was told, and read what the local cloud answered: all of what it knows, and nothing else. */
function differences({ operation }: PlannedCall, input: object, outcome: BotocoreOutcome): object {
  if (outcome.kind === 'unknown') return {};
  if (outcome.kind !== 'output') return { outcome };
  const answered = cloud.requests.at(-1) as unknown as { readonly operation: string; readonly input: unknown; readonly output: unknown };
  const { output, members } = outcome;
  const [received, written] = [leaves(answered.input), leaves(answered.output)];
  const [sent, read] = [leaves(input), leaves(output)];
  const found = {
    notReceived: missing(sent, received),
    notRead: missing(written, read).filter(([path]) => isKnown(path.split('.'), members)),
    notWritten: missing(read, written),
  };
  return Object.fromEntries(Object.entries({ ...found, called: answered.operation.endsWith(`:${operation}`) ? [] : [answered.operation] }).filter(([, list]) => list.length > 0));
}

/** A newer model has members that an older botocore does not look for. The keys of a map are no members. */
function isKnown([name, ...rest]: readonly string[], members: Readonly<Record<string, string>>): boolean {
  if (name === undefined) return true;
  if (/^\d+$/.test(name)) return isKnown(rest, members);
  return name in members && (members[name] === 'map' || isKnown(rest, members));
}

/** Every value that has no parts, by its path; times and bytes as botocore's are told. */
function leaves(value: unknown, path: readonly string[] = []): Map<string, unknown> {
  if (value === undefined) return new Map();
  if (value instanceof Date) return new Map([[path.join('.'), value.toISOString()]]);
  if (value instanceof Uint8Array) return new Map([[path.join('.'), Buffer.from(value).toString('base64')]]);
  if (typeof value !== 'object' || value === null) return new Map([[path.join('.'), value]]);
  return new Map(Object.entries(value).flatMap(([name, part]) => [...leaves(part, [...path, name])]));
}

function missing(from: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...from].filter(([path, value]) => other.get(path) !== value && other.get(path) !== asBytes(value));
}

/** Text that is sent where bytes belong. */
function asBytes(value: unknown): unknown {
  return typeof value === 'string' ? Buffer.from(value).toString('base64') : undefined;
}

function textAt(answers: unknown, path: string): string {
  const found = path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], answers);
  return typeof found === 'string' ? found : '';
}
