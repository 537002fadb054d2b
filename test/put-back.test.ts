import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { ECSClient, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
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
