import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { applyMigration, connect, defineRecipe, deployWithMigration, type Environment, ok, okAsync, releaseHold, reopen, resume, setMaintenance } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Death, mortal } from './mortal.js';
import { nextVersion, shop as definition, shopBlueprint, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(options: Parameters<typeof startShop>[0] = {}): Promise<ShopProcess> {
  const process = await startShop(options);
  clouds.push(process.cloud);
  return process;
}

/** `1 closed`: what the rules of the listener are for visitors. */
function rules(cloud: LocalCloud): readonly string[] {
  return cloud.inspect
    .rules()
    .filter(({ priority }) => priority !== 'default')
    .map(({ priority, conditions }) => `${priority} ${JSON.stringify(conditions).includes('x-shop-operator') ? 'closed' : 'open'}`);
}

/** A process that never reaches the front door, or not from a step on. */
async function withoutFrontDoor({ cloud, store }: ShopProcess, fromStep?: string): Promise<Environment> {
  let reachable = fromStep !== undefined;
  const connected = await connect(definition, {
    ...cloud.connection,
    runStore: store,
    reporters: [{ report: (event) => void (reachable &&= !(event.type === 'step-started' && event.step === fromStep)) }],
    fetch: (...request) => (reachable ? cloud.connection.fetch(...request) : Promise.reject(new Error('no route to host'))),
  });
  return connected._unsafeUnwrap();
}

async function changeRule(cloud: LocalCloud, priority: string, to: 'open' | 'closed', more: readonly RuleCondition[] = []): Promise<void> {
  const { aws } = cloud.connection;
  const client = new ElasticLoadBalancingV2Client({ region: 'eu-central-1', credentials: aws.credentials, requestHandler: aws.requestHandler as never });
  const { ruleArn, listenerArn } = cloud.inspect.rules().find((rule) => rule.priority === priority)!;
  const { Rules = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
  const others = (Rules.find(({ RuleArn }) => RuleArn === ruleArn)?.Conditions ?? []).filter(({ Field }) => Field !== 'http-header').map(({ Values: _, ...condition }) => condition);
  const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-shop-operator', Values: ['open-sesame-0123456789'] } };
  await client.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: [...others, ...more, ...(to === 'open' ? [] : [header])] }));
}

/** Does something when a step of a process begins. */
function whenStepBegins({ events }: ShopProcess, step: string, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some((event) => event.type === 'step-started' && event.step === step)) act();
    return push(...added);
  };
}

describe('a gate whose closing cannot be proven', () => {
  it('gives back what it has closed, where nothing was wrong before', async () => {
    const process = await start();
    const error = (await setMaintenance(await withoutFrontDoor(process), 'on'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', lastSeen: 'shop.test does not answer: no route to host' });
    expect(rules(process.cloud)).toEqual(['1 open', '2 open']);
    expect((await process.store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
    expect((await process.store.read('shop/baseline'))._unsafeUnwrap()).toBeNull();
  });

  it('opens nothing of an environment that a release has left restricted', async () => {
    const process = await start();
    (await deployWithMigration(process.env, { version: nextVersion }))._unsafeUnwrap();
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
    expect((await setMaintenance(await withoutFrontDoor(process), 'on'))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
  });

  it('opens nothing of an environment that is held in db-only, and leaves closed what somebody had opened of it', async () => {
    const process = await start();
    const held = (await deployWithMigration(process.env, { version: nextVersion, timeoutSeconds: { 'await-db-settled': 30 } }))._unsafeUnwrapErr();
    expect(held.situation).toMatchObject({ state: 'db-only', left: 'hold' });
    await changeRule(process.cloud, '1', 'open');
    const error = (await setMaintenance(await withoutFrontDoor(process), 'on'))._unsafeUnwrapErr();
    expect(error.kind).toBe('TimedOut');
    expect(error.message).toMatch(/ rule 1 \(shop\.test\) stays closed\.$/);
    expect(rules(process.cloud)).toEqual(['1 closed', '2 closed']);
    expect(JSON.parse((await process.store.read('shop/hold'))._unsafeUnwrap()!.body)).toMatchObject({ run: held.runId });
  });

  it('keeps the gate of a release closed that could not prove it open, nor closed again', async () => {
    const process = await start();
    const error = (await deployWithMigration(await withoutFrontDoor(process, 'gate-off'), { version: nextVersion, reopen: 'when-verified' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'gate-off', state: 'restricted', maintenance: 'on', left: 'hold' } });
    expect(error.message).toContain(' Putting things back failed too, at gate-on: visitors to be kept out at the front door: not within 180 s');
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
  });

  it('is opened at the second attempt where the first was not proven in time, was throttled or got no answer; there is no third', async () => {
    const { cloud, store } = await start();
    let begin: () => void = () => undefined;
    let unprovenUntil = 0;
    const connected = await connect(definition, {
      ...cloud.connection,
      runStore: store,
      reporters: [{ report: (event) => void (event.type === 'step-started' && event.step === 'gate-off' ? begin() : event.type === 'undoing' && (unprovenUntil -= 1)) }],
      fetch: (...request) => (unprovenUntil > 0 ? Promise.reject(new Error('no route to host')) : cloud.connection.fetch(...request)),
    });
    const env = connected._unsafeUnwrap();

    // each attempt takes back what it has opened, and the release then closes the gate
    begin = () => (unprovenUntil = 3);
    const error = (await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'gate-off', left: 'hold' } });
    expect(unprovenUntil).toBe(0);

    begin = () => {
      cloud.faults.add({ kind: 'throttle', operation: 'elbv2:DescribeRules', times: 9 });
      unprovenUntil = 2;
    };
    expect((await resume(env, deployWithMigration, error.runId))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: expect.not.stringContaining('DescribeRules') as string, situation: { step: 'gate-off', left: 'hold' } });

    begin = () => cloud.faults.add({ kind: 'server-error', operation: 'elbv2:DescribeRules', times: 5 });
    expect((await resume(env, deployWithMigration, error.runId))._unsafeUnwrap()).toMatchObject({ maintenance: 'off', openedAt: expect.stringMatching(/^2026-/) as string });
    expect(rules(cloud)).toEqual(['1 open', '2 open']);
  });

  it('ends a second release untouched, with the gate as closed as the first has left it', async () => {
    const process = await start();
    (await deployWithMigration(process.env, { version: nextVersion }))._unsafeUnwrap();
    const error = (await deployWithMigration(await withoutFrontDoor(process, 'gate-on'), { version: nextVersion }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'gate-on', maintenance: 'on', left: 'untouched' } });
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
    expect(JSON.parse((await process.store.read('shop/baseline'))._unsafeUnwrap()!.body)).toMatchObject({ putAside: ['gate'] });
  });

  it('holds, and stays closed, where the schema has moved since what was found', async () => {
    const process = await start();
    (await applyMigration(process.env, { version: nextVersion, settledSeconds: 60 }))._unsafeUnwrap();
    await changeRule(process.cloud, '1', 'open');
    const error = (await deployWithMigration(await withoutFrontDoor(process, 'gate-on'), { version: nextVersion }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'gate-on', maintenance: 'on', schema: 'migrated', left: 'hold' } });
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
    expect((await setMaintenance(process.env, 'off'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'hold', holder: error.runId });
  });

  it('gives back what the same step had closed before its process died', async () => {
    const process = await start();
    const run = await killedAtModifyRule(process, 1, 'after');
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
    const error = (await resume(await withoutFrontDoor(process), deployWithMigration, run))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', situation: { step: 'gate-on', maintenance: 'off', left: 'as-found' } });
    expect(rules(process.cloud)).toEqual(['1 open', '2 open']);
  });
});

/** A release whose process dies at its nth change of a rule; the run's id, once its lock has expired. */
function killedAtModifyRule(process: ShopProcess, nth: number, when: 'before' | 'after'): Promise<string> {
  return killedAt(process, { operation: 'ModifyRule', atCall: nth, when }, async (env) => void (await deployWithMigration(env, { version: nextVersion })));
}

async function killedAt({ cloud, store }: ShopProcess, death: Death & { readonly operation: string }, act: (env: Environment) => Promise<void>): Promise<string> {
  const dying = mortal(cloud.connection, store, death);
  const env = (await connect(definition, { ...cloud.connection, ...dying.connection, runStore: dying.store }))._unsafeUnwrap();
  expect(await Promise.race([dying.died, act(env)])).toBe(death.operation);
  await cloud.clock.sleep(300_000);
  return (await store.list('shop/runs/'))._unsafeUnwrap().at(-1)!.slice('shop/runs/'.length);
}

describe('a gate that no request would show closed', () => {
  it('is refused before any rule is changed', async () => {
    const process = await start();
    for (const priority of ['1', '2']) await changeRule(process.cloud, priority, 'open', [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } }]);
    const error = (await setMaintenance(process.env, 'on'))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'Refused',
      rule: 'unprovable-gate',
      message: 'The gate could be closed, but nobody would know: no request shows from outside whether visitors get through rule 1 (shop.test). Nothing was changed.',
    });
    expect(rules(process.cloud)).toEqual(['1 open', '2 open']);
  });
});

describe('a gate that cannot be closed', () => {
  const [listener] = shopBlueprint.loadBalancer.listeners;
  const withListener = (changes: Partial<typeof listener>) => start({ blueprint: { loadBalancer: { ...shopBlueprint.loadBalancer, listeners: [{ ...listener!, ...changes }] } } });

  it('is refused where the default action forwards, before any rule is changed', async () => {
    const { cloud, env } = await withListener({ defaultAction: { forward: 'web' } });
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'default-action',
      message: "The listener's default action forwards to a target group: visitors turned away by the gate could not be told from visitors let in. Nothing was changed.",
      remedy: 'Make the default action a redirect to the maintenance page, or a fixed response.',
    });
    expect(rules(cloud)).toEqual(['1 open', '2 open']);
  });

  it('is refused where a rule has no room for the header, with the rule’s name, before any rule is changed', async () => {
    const hosts = ['shop.test', 'a.shop.test', 'b.shop.test', 'c.shop.test', 'd.shop.test'];
    const [web, office] = listener!.rules;
    const { cloud, env } = await withListener({ rules: [{ ...web!, conditions: [{ hostHeader: hosts }] }, office!] });
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'condition-values',
      message: 'A listener rule takes 5 condition values; with the maintenance header rule 1 (shop.test,a.shop.test,b.shop.test,c.shop.test,d.shop.test) would have more. Nothing was changed.',
      remedy: 'Split these rules in two, each with fewer hosts or paths.',
    });
    expect(rules(cloud)).toEqual(['1 open', '2 open']);
  });
});

describe('a release that was killed while it closed the gate', () => {
  it('is held, not taken for untouched, when it is aborted before it goes on, and can be resumed', async () => {
    const process = await start();
    const run = await killedAtModifyRule(process, 1, 'after');
    const next = await process.another();
    next.abort.abort(new Error('SIGINT'));
    const error = (await resume(next.env, deployWithMigration, run))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Aborted', situation: { step: 'gate-on', left: 'hold' } });
    expect(JSON.parse((await process.store.read('shop/hold'))._unsafeUnwrap()!.body)).toMatchObject({ run });
    expect((await resume((await process.another()).env, deployWithMigration, run, { reopen: 'when-verified' })).isOk()).toBe(true);
    expect(rules(process.cloud)).toEqual(['1 open', '2 open']);
  });

  it('is held when the recipe that goes on is another one, whatever its failure table says', async () => {
    const process = await start();
    const run = await killedAtModifyRule(process, 1, 'after');
    const changed = defineRecipe(
      'deployWithMigration',
      async function* (run, _: object) {
        yield* run.step('await-drained', () => okAsync(null));
        return ok(null);
      },
      { failureTable: [{ step: 'await-drained', does: 'reopen', leaves: 'as found' }] },
    );
    const error = (await resume((await process.another()).env, changed, run))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'recipe-changed', situation: { left: 'hold' } });
    expect((await resume((await process.another()).env, deployWithMigration, run, { reopen: 'when-verified' })).isOk()).toBe(true);
  });
});

describe('reopen', () => {
  it('leaves maintenance on that a person has begun: no run holds the environment', async () => {
    const process = await start();
    await changeRule(process.cloud, '1', 'closed');
    const error = (await reopen(process.env, { run: 'whatever' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      message: 'reopen was called with invalid input: run: no run whatever holds shop; nothing is away from what a run found. Nothing was changed.',
      situation: { left: 'untouched' },
    });
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
  });

  it('puts back what a run found whose hold was let go of, and names that run to who means another', async () => {
    const process = await start();
    const held = await heldBeforeMigration(process);
    const { env } = await process.another();
    (await releaseHold(env, { run: held, reason: 'looked at it' }))._unsafeUnwrap();
    expect((await reopen(env, { run: 'another' }))._unsafeUnwrapErr()).toMatchObject({ problems: [`run: no run another holds shop; what is away was found by run ${held}`] });
    expect((await reopen(env, { run: held }))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(rules(process.cloud)).toEqual(['1 open', '2 open']);
  });

  it('goes on after its process died', async () => {
    const process = await start();
    const held = await heldBeforeMigration(process);
    const last = { operation: 'ModifyRule', atCall: 2, when: 'after' } as const;
    const reopening = await killedAt(process, last, async (env) => void (await reopen(env, { run: held })));
    expect(reopening).not.toBe(held);
    expect((await resume((await process.another()).env, reopen, reopening))._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(rules(process.cloud)).toEqual(['1 open', '2 open']);
    expect((await process.store.read('shop/hold'))._unsafeUnwrap()).toBeNull();
    expect((await process.store.read('shop/baseline'))._unsafeUnwrap()).toBeNull();
  });
});

/** A release that was aborted with everything stopped; its run's id. */
async function heldBeforeMigration(process: ShopProcess): Promise<string> {
  whenStepBegins(process, 'snapshot-db', () => process.abort.abort(new Error('SIGINT')));
  const error = (await deployWithMigration(process.env, { version: nextVersion }))._unsafeUnwrapErr();
  expect(error.situation).toMatchObject({ step: 'snapshot-db', left: 'hold' });
  return error.runId;
}

describe('a release that was killed while the doors of administration changed', () => {
  it('watches the gate when it goes on', async () => {
    const process = await start();
    const run = await killedAtModifyRule(process, 2, 'after');
    expect(rules(process.cloud)).toEqual(['1 closed', '2 closed']);
    const next = await process.another();
    let interfering: Promise<void> | undefined;
    whenWaiting(next, 'the migration', () => (interfering ??= changeRule(process.cloud, '1', 'open')));
    const error = (await resume(next.env, deployWithMigration, run, { reopen: 'when-verified' }))._unsafeUnwrapErr();
    await interfering;
    expect(error).toMatchObject({ kind: 'Conflict', changes: ['rule 1 (shop.test): closed -> open'], situation: { step: 'run-migration', left: 'hold', maintenance: 'on' } });
    expect(rules(process.cloud)).toEqual(['1 closed', '2 closed']);
  });

  it('watches the gate after they were opened', async () => {
    const process = await start();
    const run = await killedAtModifyRule(process, 3, 'after');
    expect(rules(process.cloud)).toEqual(['1 closed', '2 open']);
    (await resume((await process.another()).env, deployWithMigration, run))._unsafeUnwrap();
    const journal = JSON.parse((await process.store.read(`shop/runs/${run}`))._unsafeUnwrap()!.body) as { readonly expectations: unknown };
    const [web] = process.cloud.inspect.rules();
    expect(journal.expectations).toMatchObject({ gate: { closed: [web!.ruleArn], open: [] } });
  });

  it('proves them closed when it goes on', async () => {
    const process = await start();
    const run = await killedAtModifyRule(process, 2, 'after');
    const error = (await resume(await withoutFrontDoor(process), deployWithMigration, run))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', lastSeen: 'office.shop.test does not answer: no route to host', situation: { step: 'stop-services' } });
  });
});

describe('a release that keeps visitors out', () => {
  it('fails its verification when somebody has opened every door', async () => {
    const process = await start();
    let opening: Promise<void> | undefined;
    whenStepBegins(process, 'verify-deployment', () => (opening = changeRule(process.cloud, '1', 'open')));
    const error = (await deployWithMigration(process.env, { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 }))._unsafeUnwrapErr();
    await opening;
    expect(error).toMatchObject({
      kind: 'VerificationFailed',
      failures: [{ check: 'visitors are kept out', message: 'the gate is not closed: rule 1 (shop.test)' }],
      situation: { step: 'verify-deployment', left: 'hold' },
    });
  });
});

function whenWaiting({ events }: ShopProcess, waitingFor: string, act: () => void): void {
  const push = events.push.bind(events);
  events.push = (...added) => {
    if (added.some((event) => event.type === 'waiting' && event.waitingFor === waitingFor)) act();
    return push(...added);
  };
}
