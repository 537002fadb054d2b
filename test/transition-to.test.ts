import { DeleteServiceCommand, UpdateServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { applyMigration, connect, defineRecipe, errAsync, ok, okAsync, plan, planTransition, readState, releaseHold, renderTransition, resume, setMaintenance, transitionTo } from '@graasp/deploy';
import { afterEach, describe, expect, it } from 'vitest';
import { mortal } from './mortal.js';
import { nextVersion, shop, type ShopProcess, startShop } from './shop.js';

const shops: ShopProcess[] = [];

afterEach(async () => {
  for (const { cloud } of shops.splice(0)) await cloud.stop();
});

async function open(options: Parameters<typeof startShop>[0] = {}): Promise<ShopProcess> {
  const started = await startShop(options);
  shops.push(started);
  return started;
}

/** What somebody does by hand. */
function byHand({ cloud }: ShopProcess) {
  const settings = { region: shop.region, ...cloud.connection.aws } as object;
  const header: RuleCondition = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-shop-operator', Values: ['open-sesame-0123456789'] } };
  return {
    scale: (service: string, desiredCount: number) => new ECSClient(settings).send(new UpdateServiceCommand({ cluster: 'shop', service, desiredCount })),
    remove: (service: string) => new ECSClient(settings).send(new DeleteServiceCommand({ cluster: 'shop', service, force: true })),
    close: (priority: string, host: string) => {
      const rule = cloud.inspect.rules().find((one) => one.priority === priority);
      return new ElasticLoadBalancingV2Client(settings).send(new ModifyRuleCommand({ RuleArn: rule?.ruleArn, Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }, header] }));
    },
  };
}

const breaking = defineRecipe('breaking', async function* (run, _: object) {
  yield* run.step('gate-on', (env) => setMaintenance(env, 'on'));
  yield* run.step('break', () => errAsync({ kind: 'Broken', message: 'it broke', remedy: 'Mend it.' } as const));
  return ok({});
});

describe('transitionTo', () => {
  it('converges from a mixture that somebody has made by hand, administration’s closed door and a lowered count too', async () => {
    const at = await open();
    await byHand(at).close('2', 'office.shop.test');
    await byHand(at).scale('web', 1);
    await byHand(at).scale('jobs', 0);
    await at.cloud.clock.sleep(300_000);
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'mixed' });

    expect((await transitionTo(at.env, 'running'))._unsafeUnwrap()).toMatchObject({ from: 'mixed', to: 'running', steps: ['start-services', 'open-administration', 'verify-deployment'] });

    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'running', putAside: [], services: { web: { desired: 2 }, jobs: { desired: 1 } } });
    expect((await transitionTo(at.env, 'running'))._unsafeUnwrap().steps).toEqual([]);
  });

  it('refuses what waiting does not cure, such as a service that is deleted, and changes nothing', async () => {
    const at = await open();
    (await transitionTo(at.env, 'restricted'))._unsafeUnwrap();
    await byHand(at).remove('jobs');
    await at.cloud.clock.sleep(300_000);
    const asked = at.cloud.requests.length;
    expect((await transitionTo(at.env, 'running'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'transition',
      message: 'shop cannot be brought to running as it is: service jobs is not in the cluster. Nothing was changed.',
      remedy: 'Mend what is named, then call it again.',
      situation: { left: 'untouched' },
    });
    expect(at.cloud.requests.slice(asked).filter(({ operation }) => /:(Modify|Register|Update|Create|Put|Run|Delete|Start)/.test(operation))).toEqual([]);
  });

  it('closes the door of administration that somebody has stopped by hand', async () => {
    const at = await open();
    (await transitionTo(at.env, 'restricted'))._unsafeUnwrap();
    await byHand(at).scale('office', 0);
    await at.cloud.clock.sleep(300_000);

    expect((await transitionTo(at.env, 'stopped'))._unsafeUnwrap()).toMatchObject({ from: 'mixed', steps: ['gate-on', 'stop-services', 'stop-db', 'settle-scaling'] });

    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'stopped', putAside: [] });
    expect((await at.cloud.connection.fetch('https://office.shop.test/', { redirect: 'manual' })).headers.get('location')).toContain('closed.shop.test');
  });

  it('can be planned as any recipe, and as a transition, with nothing changed', async () => {
    const { env, cloud } = await open();
    const before = cloud.requests.length;

    const transition = (await planTransition(env, 'stopped'))._unsafeUnwrap();
    const planned = (await plan(env, transitionTo, { to: 'stopped' }))._unsafeUnwrap();

    const changes = planned.steps.flatMap((step) => step.changes.map(({ resource, to }) => `${resource} ${to}`));
    expect(changes).toEqual(expect.arrayContaining(transition.steps.flatMap((step) => step.changes.filter(({ resource }) => !resource.startsWith('scaling')).map(({ resource, to }) => `${resource} ${to}`))));
    expect(cloud.requests.slice(before).filter(({ operation }) => /:(?!Describe|List|Get|BatchGet)/.test(operation))).toEqual([]);
  });

  it('tells in its plan how long steps took in earlier runs, and what visitors meet', async () => {
    const { env } = await open();
    const first = (await planTransition(env, 'db-only'))._unsafeUnwrap();
    expect(first.visitors).toBe('Visitors meet the maintenance page from the first step on, until the environment is running again.');
    expect(first.steps[0]).toMatchObject({ name: 'gate-on', basis: 'estimate: a call a rule, then the proof at every door' });
    expect(first.differs).toEqual(['web, jobs: the revision that was deployed last, with its images by digest']);

    (await transitionTo(env, 'db-only'))._unsafeUnwrap();
    (await transitionTo(env, 'running'))._unsafeUnwrap();

    const again = (await planTransition(env, 'db-only'))._unsafeUnwrap();
    expect(again.steps[0]).toMatchObject({ name: 'gate-on', basis: 'median of 1 earlier run' });
    expect(again.steps[0]!.expectedSeconds).toBeGreaterThan(0);
    expect(renderTransition(again)).toMatch(/^shop: running → db-only, about .+\nVisitors meet the maintenance page .+\n1\. gate-on, about .+ \(median of 1 earlier run\)\n {3}visitors see .+:\n {5}rule 1 \(shop\.test\): open → closed\n/);
    expect(renderTransition(again, 'markdown')).toContain('| gate-on | rule 1 (shop.test) | open | closed | visitors see the maintenance page; operators get through with the header |');
  });

  it.each([
    ['gate-on', 'ModifyRule'],
    ['stop-services', 'UpdateService'],
    ['stop-db', 'StopDBInstance'],
  ])('goes on when its process died in %s, after %s', async (_step, operation) => {
    const { cloud, env, store } = await open();
    const dying = mortal(cloud.connection, store, { atCall: 1, operation, when: 'after' });
    const first = (await connect(shop, { ...dying.connection, runStore: dying.store }))._unsafeUnwrap();
    await Promise.race([dying.died, transitionTo(first, 'stopped')]);
    const [run = ''] = (await store.list('shop/runs/'))._unsafeUnwrap();

    expect((await resume(env, transitionTo, run.slice('shop/runs/'.length)))._unsafeUnwrap()).toMatchObject({ from: 'running', to: 'stopped' });

    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'stopped', hold: null, putAside: [] });
  });

  it('holds with the gate closed when what came up does not verify, and lets visitors in once resumed', async () => {
    let works = false;
    const { env } = await open({ checks: { works: () => (works ? okAsync('it works') : errAsync({ message: 'it does not work yet' })) } });
    works = true;
    (await transitionTo(env, 'stopped'))._unsafeUnwrap();
    works = false;

    const failed = (await transitionTo(env, 'running', { timeoutSeconds: { 'verify-deployment': 30 } }))._unsafeUnwrapErr();

    expect(failed).toMatchObject({ kind: 'VerificationFailed', situation: { step: 'verify-deployment', maintenance: 'on', left: 'hold', schema: 'untouched' } });
    expect((await transitionTo(env, 'running'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold' });
    expect((await planTransition(env, 'running'))._unsafeUnwrap().refusals).toEqual([expect.stringContaining('(transitionTo): verify-deployment failed')]);
    works = true;
    expect((await resume(env, transitionTo, 'runId' in failed ? failed.runId : ''))._unsafeUnwrap()).toMatchObject({ from: 'stopped', to: 'running' });
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  });

  it.each(['ecs:UpdateService', 'rds:StopDBInstance'])('starts again, once it is let go of, what was stopping when %s failed', async (operation) => {
    const { env, cloud } = await open();
    cloud.faults.add({ kind: 'access-denied', operation });
    const { runId: run, situation } = (await transitionTo(env, 'stopped'))._unsafeUnwrapErr() as { readonly runId: string; readonly situation: object };
    cloud.faults.clear();
    expect(situation).toMatchObject({ maintenance: 'on', left: 'hold' });
    expect((await transitionTo(env, 'running'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: run });

    (await releaseHold(env, { run, reason: 'it is morning' }))._unsafeUnwrap();
    expect((await transitionTo(env, 'running'))._unsafeUnwrap()).toMatchObject({ to: 'running' });

    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  });

  it('starts no code that is older than the schema', async () => {
    const { env, cloud } = await open();
    (await applyMigration(env, { version: nextVersion }))._unsafeUnwrap();

    expect((await transitionTo(env, 'running'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'old-code-on-new-schema', situation: { maintenance: 'on' } });

    expect(cloud.inspect.violations).toEqual([]);
    expect(cloud.inspect.services().find(({ name }) => name === 'web')).toMatchObject({ desiredCount: 0 });
  });

  it('ends with limits of scaling that a migration had suspended', async () => {
    const { env } = await open();
    (await applyMigration(env, { version: nextVersion }))._unsafeUnwrap();

    expect((await transitionTo(env, 'db-only'))._unsafeUnwrap().steps).toEqual(['settle-scaling']);

    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'db-only', putAside: [] });
    expect((await transitionTo(env, 'db-only'))._unsafeUnwrap().steps).toEqual([]);
  });

  it.each([
    ['a state that is none', ['on'], "to: expected 'running' or 'restricted' or 'db-only' or 'stopped', got 'on' (string)"],
    ['no state', [], "to: expected 'running' or 'restricted' or 'db-only' or 'stopped', got nothing"],
    ['a version', ['running', { version: 'v2.0.0' }], 'version: a transition neither migrates nor deploys: applyMigration, deployWithMigration and deployWithoutMigration take a version'],
    ['an option that it does not know', ['running', { otherTask: 'wait' }], 'otherTask: unknown option; known are to, otherTasks, tuneTargetGroups, timeoutSeconds'],
    ['a step without end', ['running', { timeoutSeconds: { 'gate-on': -1 } }], 'timeoutSeconds.gate-on: expected a positive number, got -1 (number)'],
  ])('refuses %s before it asks AWS', async (_what, args, problem) => {
    const { env, cloud } = await open();
    const before = cloud.requests.length;
    const refused = (await (transitionTo as (...all: unknown[]) => ReturnType<typeof transitionTo>)(env, ...args))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'InvalidInput', problems: [problem] });
    expect(cloud.requests.length).toBe(before);
  });

  it('is refused by a hold, until that is let go of', async () => {
    const { env } = await open();
    const { runId: run } = (await breaking(env, {}))._unsafeUnwrapErr() as { readonly runId: string };
    expect((await transitionTo(env, 'running'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: run });

    (await releaseHold(env, { run, reason: 'looked at it' }))._unsafeUnwrap();
    expect((await transitionTo(env, 'stopped'))._unsafeUnwrap()).toMatchObject({ to: 'stopped' });
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'stopped', putAside: [] });
  });
});

