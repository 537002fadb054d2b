import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand, RegisterScalableTargetCommand } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, ModifyTargetGroupAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { deployWithMigration, type DeployWithMigrationOptions, type Environment, reopen, setMaintenance, type Situation, startServices, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, type ShopOptions, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** A shop in which somebody has set the number of tasks of a service. */
async function startWith(service: 'web' | 'jobs', desiredCount: number, options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  await ecsOf(process.cloud).send(new UpdateServiceCommand({ cluster: 'shop', service, desiredCount }));
  await process.cloud.clock.sleep(180_000);
  return process;
}

const config = (cloud: LocalCloud) => ({ region: 'eu-central-1', credentials: cloud.connection.aws.credentials, requestHandler: cloud.connection.aws.requestHandler as never });
const ecsOf = (cloud: LocalCloud) => new ECSClient(config(cloud));
const countOf = (cloud: LocalCloud, service: string) => cloud.inspect.services().find(({ name }) => name === service)?.desiredCount;
/** Changes of a service's count, revision left alone. */
const updatesOf = ({ requests }: LocalCloud, service: string) =>
  requests.flatMap(({ operation, input }) => {
    const { service: name, desiredCount } = input as { readonly service?: string; readonly desiredCount?: number };
    return operation === 'ecs:UpdateService' && name === service ? [desiredCount] : [];
  });

async function failing(env: Environment, options: Partial<DeployWithMigrationOptions> = {}) {
  return (await deployWithMigration(env, { version: nextVersion, ...options }))._unsafeUnwrapErr() as unknown as { readonly kind: string; readonly runId: string; readonly situation: Situation };
}

function whenStepBegins({ events }: ShopProcess, step: string, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some((event) => event.type === 'step-started' && event.step === step)) act();
    return push(...added);
  };
}

/** A task of nobody's, which stop-services refuses to go on beside. */
function runOtherTask({ cloud }: ShopProcess): void {
  cloud.faults.add({ kind: 'task', family: 'migrate', what: 'never-ends' });
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } };
  void ecsOf(cloud).send(new RunTaskCommand({ cluster: 'shop', taskDefinition: 'migrate', launchType: 'FARGATE', networkConfiguration }));
}

describe('putting back', () => {
  it('leaves the number of tasks alone of services that nothing had stopped', async () => {
    const process = await startWith('web', 4);
    whenStepBegins(process, 'await-drained', () => runOtherTask(process));
    expect(await failing(process.env)).toMatchObject({ kind: 'Conflict', situation: { step: 'stop-services', left: 'as-found' } });
    expect(updatesOf(process.cloud, 'web')).toEqual([4]);
    expect(countOf(process.cloud, 'web')).toBe(4);
  });

  it('tells that visitors are let in although reads lag behind what it has just opened', async () => {
    const process = await startWith('web', 2, { faults: [{ kind: 'snapshot', what: 'fail' }] });
    whenStepBegins(process, 'gate-off', () => process.cloud.faults.add({ kind: 'stale-read', operation: 'elbv2:DescribeRules', ms: 3_000, times: 1_000 }));
    expect(await failing(process.env)).toMatchObject({ situation: { step: 'snapshot-db', left: 'as-found', maintenance: 'off', state: 'running' } });
  });

  it('leaves it alone too when the snapshot before the shutdown fails', async () => {
    const process = await startWith('web', 4, { faults: [{ kind: 'snapshot', what: 'fail' }] });
    expect(await failing(process.env, { snapshot: 'before-shutdown' })).toMatchObject({ situation: { step: 'snapshot-db', left: 'as-found' } });
    expect(updatesOf(process.cloud, 'web')).toEqual([4]);
  });

  it('starts as many tasks again as were found, and none of a service found at 0', async () => {
    const process = await startWith('jobs', 0);
    await ecsOf(process.cloud).send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 3 }));
    await process.cloud.clock.sleep(180_000);
    process.cloud.faults.add({ kind: 'snapshot', what: 'fail' });
    expect(await failing(process.env)).toMatchObject({ situation: { step: 'snapshot-db', left: 'as-found' } });
    expect(updatesOf(process.cloud, 'web')).toEqual([3, 0, 3]);
    expect(updatesOf(process.cloud, 'jobs')).toEqual([0]);
  });

  it('starts nothing through the scaling of a service that was found at 0', async () => {
    const process = await startWith('web', 0);
    (await stopServices(process.env))._unsafeUnwrap();
    expect((await startServices(process.env))._unsafeUnwrap()).toEqual({ started: { web: 0, jobs: 1, office: 1 } });
    await process.cloud.clock.sleep(60_000);
    expect(countOf(process.cloud, 'web')).toBe(0);
    expect(process.cloud.inspect.tasks().filter(({ group, lastStatus }) => group === 'service:web' && lastStatus !== 'STOPPED')).toEqual([]);
    const { ScalableTargets } = await new ApplicationAutoScalingClient(config(process.cloud)).send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 0, MaxCapacity: 4, SuspendedState: { DynamicScalingOutSuspended: false } }]);
  });
});

describe('maintenance that a person had begun', () => {
  it('stays on when a release fails and is put back, and is ended by the next one that is told to', async () => {
    const { cloud, env, another } = await startShop({ faults: [{ kind: 'snapshot', what: 'fail' }] });
    clouds.push(cloud);
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect(await failing(env, { reopen: 'when-verified' })).toMatchObject({ situation: { step: 'snapshot-db', left: 'as-found', state: 'restricted', maintenance: 'on', nextActions: [] } });
    const report = await deployWithMigration((await another()).env, { version: nextVersion, reopen: 'when-verified' });
    expect(report._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
  });
});

describe('a release after one that left the gate closed for a person to look', () => {
  it('goes by what is there, once the infrastructure’s code has opened the gate and changed the rest, also when it undoes', async () => {
    const process = await startShop();
    clouds.push(process.cloud);
    const { cloud } = process;
    (await deployWithMigration(process.env, { version: nextVersion }))._unsafeUnwrap();
    await openRules(cloud);
    await new ApplicationAutoScalingClient(config(cloud)).send(new RegisterScalableTargetCommand({ ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount', ResourceId: 'service/shop/web', MinCapacity: 3, MaxCapacity: 9 }));
    await ecsOf(cloud).send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', desiredCount: 2 }));
    const balancer = new ElasticLoadBalancingV2Client(config(cloud));
    const { TargetGroups = [] } = await balancer.send(new DescribeTargetGroupsCommand({ Names: ['web'] }));
    await balancer.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: TargetGroups[0]!.TargetGroupArn, Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '240' }] }));
    await cloud.clock.sleep(180_000);
    const before = await settings(cloud);

    for (const name of ['web', 'jobs']) cloud.pushImage({ reference: `shop:${name}-v2.1.0`, model: { kind: 'server', version: 'v2.1.0', fitsSchemas: ['two'] } });
    cloud.pushImage({ reference: 'shop:migrate-v2.1.0', model: { kind: 'migration', from: 'two', to: 'two', seconds: 30 } });
    expect(await failing(process.env, { version: 'v2.1.0', timeoutSeconds: { 'gate-on': 0.5 } })).toMatchObject({ kind: 'TimedOut', situation: { step: 'gate-on', left: 'as-found', schema: 'untouched', maintenance: 'off' } });
    expect(await settings(cloud)).toEqual(before);

    (await deployWithMigration((await process.another()).env, { version: 'v2.1.0', reopen: 'when-verified' }))._unsafeUnwrap();
    expect(await settings(cloud)).toEqual(before);
    expect((await process.store.list('shop/baseline'))._unsafeUnwrap()).toEqual([]);
  });
});

/** As the infrastructure's code does when it is applied in `running`. */
async function openRules(cloud: LocalCloud): Promise<void> {
  const balancer = new ElasticLoadBalancingV2Client(config(cloud));
  for (const { ruleArn, listenerArn } of cloud.inspect.rules().filter(({ priority }) => priority === '1')) {
    const { Rules = [] } = await balancer.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
    const conditions = (Rules.find(({ RuleArn }) => RuleArn === ruleArn)?.Conditions ?? []).filter(({ Field }) => Field !== 'http-header').map(({ Values: _, ...condition }) => condition);
    await balancer.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: conditions }));
  }
}

/** What a release puts aside. */
async function settings(cloud: LocalCloud) {
  const balancer = new ElasticLoadBalancingV2Client(config(cloud));
  const { TargetGroups = [] } = await balancer.send(new DescribeTargetGroupsCommand({}));
  const attributes = await Promise.all(TargetGroups.map(({ TargetGroupArn }) => balancer.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))));
  const { ScalableTargets } = await new ApplicationAutoScalingClient(config(cloud)).send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
  return {
    rules: cloud.inspect.rules().map(({ priority, conditions }) => ({ priority, conditions })),
    services: cloud.inspect.services().map(({ name, desiredCount }) => ({ name, desiredCount })),
    targetGroups: TargetGroups,
    attributes: attributes.map(({ Attributes }) => Attributes),
    scaling: ScalableTargets?.map(({ MinCapacity, MaxCapacity, SuspendedState }) => ({ MinCapacity, MaxCapacity, SuspendedState })),
  };
}

describe('reopen', () => {
  it('leaves the number of tasks alone when nothing had been stopped', async () => {
    const process = await startWith('web', 4);
    whenStepBegins(process, 'await-drained', () => process.abort.abort());
    const { runId, situation } = await failing(process.env);
    expect(situation).toMatchObject({ left: 'hold', maintenance: 'on' });
    const report = (await reopen((await process.another()).env, { run: runId }))._unsafeUnwrap();
    expect(report).toMatchObject({ started: {}, maintenance: 'off' });
    expect(updatesOf(process.cloud, 'web')).toEqual([4]);
  });
});
