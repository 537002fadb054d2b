import { connect, deployWithoutMigration, readState, resume, setMaintenance, transitionTo } from '@graasp/deploy';
import type { ImageDeclaration } from '@graasp/local-cloud';
import { afterEach, describe, expect, it } from 'vitest';
import { mortal } from './mortal.js';
import { runningVersion, shop, type ShopProcess, startShop } from './shop.js';

/** Fits the schema that there is. */
const version = 'v1.1.0';
const shops: ShopProcess[] = [];
/** Sends visitors home: the time of a stopped cloud goes on for who sleeps in it. */
let home = new AbortController();

afterEach(async () => {
  home.abort(new Error('The test is over.'));
  home = new AbortController();
  for (const { cloud } of shops.splice(0)) await cloud.stop();
});

async function open(options: Parameters<typeof startShop>[0] = {}): Promise<ShopProcess & { readonly visitors: Visitors }> {
  const started = await startShop(options);
  shops.push(started);
  for (const image of images) started.cloud.pushImage(image);
  return { ...started, visitors: visit(started) };
}

const images: readonly ImageDeclaration[] = ['web', 'jobs', 'migrate'].map((name) => ({
  reference: `shop:${name}-${version}`,
  model: name === 'migrate' ? { kind: 'migration', from: 'one', to: 'one', seconds: 1 } : { kind: 'server', version, fitsSchemas: ['one'] },
}));

interface Visitors {
  /** What they met, in order, each once in a row: a version, `closed`, or an HTTP status. */
  met(): readonly string[];
}

function visit({ cloud }: ShopProcess): Visitors {
  const met: string[] = [];
  const { signal } = home;
  const keepVisiting = async () => {
    for (;;) {
      const answer = await cloud.connection.fetch('https://shop.test/', { redirect: 'manual' });
      const what = answer.status === 302 ? 'closed' : answer.status === 200 ? (answer.headers.get('x-version') ?? '?') : String(answer.status);
      if (met.at(-1) !== what) met.push(what);
      await cloud.clock.sleep(3_000, signal);
    }
  };
  keepVisiting().catch(() => undefined);
  return { met: () => met };
}

function latest({ cloud }: ShopProcess): unknown {
  return cloud.inspect.services().map(({ name, taskDefinition, runningCount }) => `${name} ${taskDefinition.split('/').at(-1)} ${runningCount}`).sort();
}

describe('deployWithoutMigration', () => {
  it('replaces old tasks while visitors stay, and moves the tags once the version is verified', async () => {
    const at = await open();
    await at.cloud.clock.sleep(10_000);

    const report = (await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrap();

    expect(report).toMatchObject({ version, summary: `${version} is deployed; visitors are let in`, maintenance: 'off', movedTags: [{ tag: 'web-latest' }, { tag: 'jobs-latest' }] });
    await at.cloud.clock.sleep(10_000);
    expect(at.visitors.met().filter((what) => what !== runningVersion && what !== version)).toEqual([]);
    expect(at.visitors.met().at(-1)).toBe(version);
    const order = at.events.flatMap((event) => (event.type === 'step-succeeded' ? [event.step] : []));
    expect(order).toEqual(['preflight', 'look', 'deploy-core', 'verify-deployment', 'move-tags']);
    expect(latest(at)).toEqual(['jobs jobs:2 1', 'office office:1 1', 'web web:2 2']);
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  });

  it('keeps visitors out from the beginning when that is asked for', async () => {
    const at = await open();
    await at.cloud.clock.sleep(10_000);

    expect((await deployWithoutMigration(at.env, { version, to: 'restricted' }))._unsafeUnwrap()).toMatchObject({ summary: `${version} is deployed; visitors are kept out`, maintenance: 'on' });

    await at.cloud.clock.sleep(10_000);
    expect(at.visitors.met()).toEqual([runningVersion, 'closed']);
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'restricted', hold: null });
  });

  it('lets visitors in at the end where they were kept out', async () => {
    const at = await open();
    (await setMaintenance(at.env, 'on'))._unsafeUnwrap();

    (await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrap();

    await at.cloud.clock.sleep(10_000);
    expect(at.visitors.met().slice(-2)).toEqual(['closed', version]);
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  });

  it('brings everything up from db-only', async () => {
    const at = await open();
    (await transitionTo(at.env, 'db-only'))._unsafeUnwrap();

    (await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrap();

    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'running', health: { problems: [] }, putAside: [] });
  });

  it('leaves visitors on the old version when the new one crashes, with the tags where they were, and goes on once that is mended', async () => {
    const at = await open({ faults: [{ kind: 'service-image', image: `web-${version}`, what: 'crash-loop' }] });
    await at.cloud.clock.sleep(10_000);

    const failed = (await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrapErr();

    expect(failed).toMatchObject({ kind: 'DeploymentFailed', reason: 'crash-loop', situation: { step: 'deploy-core', left: 'hold', maintenance: 'off', schema: 'untouched' } });
    await at.cloud.clock.sleep(10_000);
    expect(at.visitors.met()).toEqual([runningVersion]);
    expect(at.events.filter((event) => event.type === 'change' && event.operation === 'ecr:PutImage')).toEqual([]);

    at.cloud.faults.clear();
    (await resume(at.env, deployWithoutMigration, 'runId' in failed ? failed.runId : ''))._unsafeUnwrap();
    expect((await readState(at.env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
    expect(latest(at)).toContain('web web:2 2');
  });

  it('ends when a circuit breaker rolls back', async () => {
    const at = await open({ faults: [{ kind: 'circuit-breaker-rollback', service: 'web' }] });
    await at.cloud.clock.sleep(10_000);
    expect((await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'DeploymentFailed', reason: 'rolled-back', service: 'web' });
    await at.cloud.clock.sleep(60_000);
    expect(at.visitors.met().filter((what) => what !== runningVersion && what !== version)).toEqual([]);
  });

  it('goes on when its process died as it moved the tags', async () => {
    const { cloud, env, store } = await open();
    const dying = mortal(cloud.connection, store, { atCall: 1, operation: 'PutImage', when: 'after' });
    const first = (await connect(shop, { ...dying.connection, runStore: dying.store }))._unsafeUnwrap();
    await Promise.race([dying.died, deployWithoutMigration(first, { version, to: 'running' })]);
    const [run = ''] = (await store.list('shop/runs/'))._unsafeUnwrap();

    (await resume(env, deployWithoutMigration, run.slice('shop/runs/'.length)))._unsafeUnwrap();

    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null, putAside: [] });
  });

  it('changes nothing while the database is off', async () => {
    const at = await open();
    (await transitionTo(at.env, 'stopped'))._unsafeUnwrap();
    const before = at.cloud.requests.length;

    expect((await deployWithoutMigration(at.env, { version, to: 'running' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'PreflightFailed' });

    expect(at.cloud.requests.slice(before).filter(({ operation }) => /:(?!Describe|List|Get|BatchGet|Simulate)/.test(operation))).toEqual([]);
  });

  it.each([
    ['another state', { version, to: 'db-only' }, "to: expected 'running' or 'restricted', got 'db-only' (string)"],
    ['a version that is none', { version: '1.1', to: 'running' }, 'version: '],
    ['a misspelt option', { version, to: 'running', reopn: true }, 'reopn: unknown option; known are version, to, calendar, timeoutSeconds'],
  ])('refuses %s before it asks AWS', async (_what, options, problem) => {
    const { env, cloud } = await open();
    const before = cloud.requests.length;
    expect((await deployWithoutMigration(env, options as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [expect.stringContaining(problem)] });
    expect(cloud.requests.length).toBe(before);
  });
});
