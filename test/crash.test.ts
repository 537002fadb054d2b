import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { connect, type DeployEvent, deployWithMigration, memoryRunStore, resume } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { describe, expect, it } from 'vitest';
import { mortal } from './mortal.js';
import { nextVersion, shop, startShopCloud } from './shop.js';

const options = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;
const writes = /^(Modify|Register|Update|Create|Put|Run)/;
const visitorPauseMs = 4_000;
const immortal = { atCall: Number.POSITIVE_INFINITY, when: 'before' } as const;

interface Call {
  readonly number: number;
  readonly operation: string;
}

describe('deployWithMigration, killed at an AWS call and resumed', async () => {
  const all = await callsOfAWholeRelease();
  const calls = process.env['KILL_AT_EVERY_CALL'] === undefined ? sample(all) : all;

  it('makes enough calls to be worth killing', () => {
    expect(all.filter(({ operation }) => writes.test(operation)).length).toBeGreaterThan(20);
  });

  it.each(calls)('finishes the release when killed before call $number, $operation', async ({ number }) => {
    expect(await killAndResume(number, 'before')).toEqual(released);
  });

  it.each(calls.filter(({ operation }) => writes.test(operation)))('finishes the release when killed after call $number, $operation, was carried out', async ({ number }) => {
    expect(await killAndResume(number, 'after')).toEqual(released);
  });
});

/** Every fifth write, and here and there a read: killing at each takes minutes, `KILL_AT_EVERY_CALL=1 npx vitest run test/crash.test.ts` does it. */
function sample(calls: readonly Call[]): readonly Call[] {
  const written = calls.filter(({ operation }) => writes.test(operation)).filter((_, index) => index % 5 === 0);
  const read = calls.filter((_, index) => index % 100 === 50);
  return [...new Set([...written, ...read])].sort((left, right) => left.number - right.number);
}

/** How the shop must be after any of it. */
const released = {
  error: null,
  migrationsApplied: 1,
  migrationTasks: 1,
  violations: [],
  defects: [],
  visitorsLetInWhileClosed: [],
  changedButServices: false,
  services: [
    { name: 'jobs', desiredCount: 1, runningCount: 1, taskDefinition: 'jobs:2' },
    { name: 'office', desiredCount: 1, runningCount: 1, taskDefinition: 'office:1' },
    { name: 'web', desiredCount: 2, runningCount: 2, taskDefinition: 'web:2' },
  ],
  left: [],
};

/** ECS may roll a service back: that is put aside after the migration. */
async function startCloud(): Promise<LocalCloud> {
  const cloud = await startShopCloud();
  const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
  await new ECSClient(settingsOf(cloud)).send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', deploymentConfiguration }));
  return cloud;
}

const settingsOf = (cloud: LocalCloud) => ({ region: shop.region, ...cloud.connection.aws }) as object;

async function callsOfAWholeRelease(): Promise<readonly Call[]> {
  await using cloud = await startCloud();
  const before = cloud.requests.length;
  const watched = await processOn(cloud, memoryRunStore(), immortal);
  const connected = cloud.requests.length;
  (await deployWithMigration(watched.env, options))._unsafeUnwrap();
  return cloud.requests.slice(connected).map(({ operation }, index) => ({ number: connected - before + index + 1, operation: operation.split(':')[1] ?? operation }));
}

async function processOn(cloud: LocalCloud, store: ReturnType<typeof memoryRunStore>, { atCall, when }: { readonly atCall: number; readonly when: 'before' | 'after' }, events: DeployEvent[] = []) {
  const watched = mortal(cloud.connection, store, { atCall, when });
  const env = (await connect(shop, { ...watched.connection, runStore: watched.store, reporters: [{ report: (event) => void events.push(event) }] }))._unsafeUnwrap();
  return { env, died: watched.died };
}

async function killAndResume(atCall: number, when: 'before' | 'after'): Promise<typeof released | object> {
  await using cloud = await startCloud();
  const store = memoryRunStore();
  const events: DeployEvent[] = [];
  const before = await found(cloud);
  const visitors = visit(cloud);
  const first = await processOn(cloud, store, { atCall, when }, events);
  await Promise.race([first.died, deployWithMigration(first.env, options)]);

  const second = await processOn(cloud, store, immortal, events);
  const [run] = (await store.list('shop/runs/'))._unsafeUnwrap();
  const result = run === undefined ? await deployWithMigration(second.env, options) : await resume(second.env, deployWithMigration, run.slice('shop/runs/'.length));
  visitors.leave();
  return {
    error: result.isOk() ? null : result.error,
    migrationsApplied: cloud.inspect.database()?.model?.appliedMigrations.length,
    migrationTasks: migrationTasks(cloud),
    violations: cloud.inspect.violations,
    defects: cloud.inspect.defects,
    visitorsLetInWhileClosed: letInWhileClosed(cloud, events),
    changedButServices: (await found(cloud)) !== before,
    services: servicesOf(cloud),
    left: [...(await store.list('shop/hold'))._unsafeUnwrap(), ...(await store.list('shop/lock'))._unsafeUnwrap(), ...(await store.list('shop/baseline'))._unsafeUnwrap()],
  };
}

/** Everything that a release puts aside and must give back exactly. */
async function found(cloud: LocalCloud): Promise<string> {
  const settings = settingsOf(cloud);
  const balancer = new ElasticLoadBalancingV2Client(settings);
  const { TargetGroups = [] } = await balancer.send(new DescribeTargetGroupsCommand({}));
  const attributes = await Promise.all(TargetGroups.map(({ TargetGroupArn }) => balancer.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))));
  const { ScalableTargets } = await new ApplicationAutoScalingClient(settings).send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
  const { services } = await new ECSClient(settings).send(new DescribeServicesCommand({ cluster: 'shop', services: ['web', 'jobs', 'office'] }));
  const deploymentConfigurations = services?.map(({ deploymentConfiguration }) => deploymentConfiguration);
  const rules = cloud.inspect.rules().map(({ priority, conditions, actions }) => ({ priority, conditions, actions }));
  return JSON.stringify({ rules, TargetGroups, attributes: attributes.map(({ Attributes }) => Attributes), ScalableTargets, deploymentConfigurations });
}

function servicesOf(cloud: LocalCloud) {
  return cloud.inspect
    .services()
    .map(({ name, desiredCount, runningCount, taskDefinition }) => ({ name, desiredCount, runningCount, taskDefinition: taskDefinition.split('/').at(-1) }))
    .sort((left, right) => left.name.localeCompare(right.name));
}

/** Tasks that ran the migration itself: those that ask for its status are started for that. */
function migrationTasks(cloud: LocalCloud): number {
  return cloud.inspect.tasks().filter(({ group, startedBy, startedAt }) => group === 'family:migrate' && startedBy?.startsWith('status/') !== true && startedAt !== undefined).length;
}

/** Somebody who keeps asking. */
function visit(cloud: LocalCloud): { leave(): void } {
  const gone = new AbortController();
  const keepVisiting = async () => {
    for (;;) {
      await cloud.connection.fetch('https://shop.test/', { redirect: 'manual', headers: { 'user-agent': 'visitor' } });
      await cloud.clock.sleep(visitorPauseMs, gone.signal);
    }
  };
  keepVisiting().catch(() => undefined);
  return { leave: () => gone.abort(new Error('The test is over.')) };
}

/** Answers other than the default rule's to somebody without the header, from when the doors were proven closed until a run first began to open them. */
function letInWhileClosed(cloud: LocalCloud, events: readonly DeployEvent[]): readonly unknown[] {
  const closed = events.filter((event) => event.type === 'step-succeeded' && event.step === 'gate-on' && !event.replayed).at(-1)?.at;
  const opening = events.find((event) => event.type === 'step-started' && event.step === 'gate-off')?.at;
  const [from, until] = [Date.parse(closed ?? ''), Date.parse(opening ?? '')];
  expect(until).toBeGreaterThan(from);
  return cloud.inspect.visits.filter(({ at, url, location, headerNames }) => new URL(url).hostname === 'shop.test' && location === null && !headerNames.includes('x-shop-operator') && at > from && at < until);
}
