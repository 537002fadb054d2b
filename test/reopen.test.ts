import { BatchGetImageCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { ElasticLoadBalancingV2Client, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { defineRecipe, type DeployEvent, deployWithMigration, failure, readState, releaseHold, reopen, type ReopenError, setMaintenance, stopServices } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it } from 'vitest';
import { nextVersion, runningVersion, shop, shopBlueprint, type ShopOptions, type ShopProcess, startShop } from './shop.js';

const running: ShopProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ cloud }) => cloud.stop()));
});

describe('reopen', () => {
  it('starts a service whose deployment ECS has given up by a new one', async () => {
    const circuitBreaker = true;
    const at = await start({ blueprint: { services: shopBlueprint.services.map((service) => ({ ...service, circuitBreaker })) } });
    at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'no-image' });
    const { runId, situation } = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60, reopen: 'when-verified' }))._unsafeUnwrapErr();
    expect(situation).toMatchObject({ step: 'deploy-core', left: 'hold' });
    at.cloud.faults.clear();
    await at.cloud.clock.sleep(600_000);
    (await releaseHold(at.env, { run: runId, reason: 'the image is there now' }))._unsafeUnwrap();

    const { started } = (await reopen((await at.another()).env, { run: runId }))._unsafeUnwrap();
    expect(started).toEqual({ web: 2, office: 1 });
    expect(at.cloud.inspect.violations).toEqual([]);
  });

  it('does not start it by a new one whose image, under a tag that was moved back, is older than the schema', async () => {
    const circuitBreaker = true;
    const definition = { ...shop, images: { ...shop.images!, strategy: 'retag' } } as const;
    const at = await start({ definition, blueprint: { services: shopBlueprint.services.map((service) => ({ ...service, circuitBreaker })) } });
    at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' });
    const { runId, situation } = (await deployWithMigration(at.env, { version: nextVersion, settledSeconds: 60, reopen: 'when-verified' }))._unsafeUnwrapErr();
    expect(situation).toMatchObject({ step: 'deploy-core', schema: 'migrated', left: 'hold' });
    at.cloud.faults.clear();
    await at.cloud.clock.sleep(600_000);
    (await releaseHold(at.env, { run: runId, reason: 'the tag is moved back' }))._unsafeUnwrap();
    await tag(at.cloud, `web-${runningVersion}`, 'web-latest');

    const error = (await reopen((await at.another()).env, { run: runId }))._unsafeUnwrapErr();
    expect(at.cloud.inspect.violations).toEqual([]);
    expect(error).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema' });
  });

  it('journals since when the environment was held, and that it was not where its hold was let go of', async () => {
    const at = await start();
    const confirmed = async (run: string) => {
      const process = await at.another();
      (await reopen(process.env, { run }))._unsafeUnwrap();
      return process.events.flatMap((event) => (event.type === 'step-succeeded' && event.step === 'confirm-hold' ? [event.report] : []));
    };
    const first = (await closeAndEnd(at.env, {}))._unsafeUnwrapErr() as ReopenError;
    const { since } = JSON.parse((await at.store.read('shop/hold'))._unsafeUnwrap()!.body) as { readonly since: string };
    await at.cloud.clock.sleep(60_000);
    expect(await confirmed(first.runId)).toEqual([{ heldSince: since }]);

    const second = (await closeAndEnd((await at.another()).env, {}))._unsafeUnwrapErr() as ReopenError;
    (await releaseHold((await at.another()).env, { run: second.runId, reason: 'looked at it' }))._unsafeUnwrap();
    expect(await confirmed(second.runId)).toEqual([{ heldSince: null }]);
  });

  it('starts what was stopped, and leaves visitors out where a person had kept them out before', async () => {
    const at = await start();
    await close(at.cloud);
    const { runId } = (await stopAndEnd((await at.another()).env, {}))._unsafeUnwrapErr() as ReopenError;
    const later = await at.another();
    expect((await reopen(later.env, { run: runId }))._unsafeUnwrap()).toEqual({ summary: 'What was found is back; maintenance was on before, and stays on', started: { jobs: 1, office: 1 }, maintenance: 'on' });
    expect(later.events).toContainEqual(expect.objectContaining({ type: 'note', message: 'Maintenance was on before this run began, and stays on.' }));
    expect((await readState(later.env))._unsafeUnwrap()).toMatchObject({ state: 'restricted', hold: null, putAside: [] });
  });

  it('leaves alone what another run holds, or has put aside', async () => {
    const at = await start();
    const { runId } = (await closeAndEnd(at.env, {}))._unsafeUnwrapErr() as ReopenError;
    const refused = async () => (await reopen((await at.another()).env, { run: '20261123-000000-none' }))._unsafeUnwrapErr();
    expect(await refused()).toMatchObject({
      kind: 'Conflict',
      reason: 'hold',
      holder: runId,
      message: `shop is held by run ${runId} (close-and-end), not by 20261123-000000-none. Nothing was changed.`,
      remedy: `Reopen after run ${runId} if it is that one you mean.`,
      situation: { left: 'untouched' },
    });
    (await releaseHold((await at.another()).env, { run: runId, reason: 'looked at it' }))._unsafeUnwrap();
    expect(await refused()).toMatchObject({ kind: 'InvalidInput', problems: [`run: no run 20261123-000000-none holds shop; what is away was found by run ${runId}`] });
    (await reopen((await at.another()).env, { run: runId }))._unsafeUnwrap();
    expect(await refused()).toMatchObject({ kind: 'InvalidInput', problems: ['run: no run 20261123-000000-none holds shop; nothing is away from what a run found'] });
  });

  it('leaves a hold when it gives up on tasks that an earlier one has asked for', async () => {
    const at = await start();
    on(at, (event) => event.type === 'change' && event.resource === 'migration migrate', () => at.cloud.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 1 }));
    const { runId } = (await deployWithMigration(at.env, { version: nextVersion }))._unsafeUnwrapErr();
    at.cloud.faults.add({ kind: 'service-image', image: `web-${runningVersion}`, what: 'unhealthy' });
    const first = await abortedWhileWaiting(at, runId);
    (await releaseHold((await at.another()).env, { run: first.runId, reason: 'looked at it' }))._unsafeUnwrap();
    const second = await abortedWhileWaiting(at, runId);
    expect([first, second]).toMatchObject([{ kind: 'Aborted', situation: { step: 'start-services', left: 'hold' } }, { kind: 'Aborted', situation: { step: 'start-services', left: 'hold' } }]);
    at.cloud.faults.clear();
    (await reopen((await at.another()).env, { run: second.runId }))._unsafeUnwrap();
  });
});

/** Stops the worker behind the gate, and does not come to its end. */
const stopAndEnd = defineRecipe('stop-and-end', async function* (run, _: object) {
  yield* run.step('gate-on', (env) => setMaintenance(env, 'on'));
  yield* run.step('stop-services', (env) => stopServices(env, { services: ['jobs'] }));
  return yield* failure('NotToday', { message: 'not today', remedy: 'Tomorrow.' });
});

const closeAndEnd = defineRecipe('close-and-end', async function* (run, _: object) {
  yield* run.step('gate-on', (env) => setMaintenance(env, 'on'));
  return yield* failure('NotToday', { message: 'not today', remedy: 'Tomorrow.' });
});

/** What a person does in the console. */
async function close({ connection, inspect }: LocalCloud): Promise<void> {
  const client = new ElasticLoadBalancingV2Client({ region: 'eu-central-1', credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
  const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-shop-operator', Values: ['open-sesame-0123456789'] } };
  const rule = inspect.rules().find(({ priority }) => priority === '1');
  await client.send(new ModifyRuleCommand({ RuleArn: rule?.ruleArn, Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['shop.test'] } }, header] }));
}

async function tag({ connection }: LocalCloud, from: string, to: string): Promise<void> {
  const client = new ECRClient({ region: 'eu-central-1', credentials: connection.aws.credentials, requestHandler: connection.aws.requestHandler as never });
  const { images = [] } = await client.send(new BatchGetImageCommand({ repositoryName: 'shop', imageIds: [{ imageTag: from }] }));
  await client.send(new PutImageCommand({ repositoryName: 'shop', imageManifest: images[0]?.imageManifest, imageTag: to }));
}

async function start(options: ShopOptions = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  running.push(process);
  return process;
}

async function abortedWhileWaiting({ another }: ShopProcess, run: string): Promise<ReopenError> {
  const process = await another();
  on(process, (event) => event.type === 'waiting' && event.waitingFor === 'service web to run 2 tasks', () => process.abort.abort(new Error('enough')));
  return (await reopen(process.env, { run }))._unsafeUnwrapErr();
}

function on({ events }: ShopProcess, isMeant: (event: DeployEvent) => boolean, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some(isMeant)) act();
    return push(...added);
  };
}
