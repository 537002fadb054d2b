import { awaitDrained, connect, defineEnvironment, type DeployEvent, deployWithMigration, type Environment, memoryRunStore, type RunStore, secretFromEnv, setMaintenance } from '@graasp/deploy';
import { type Blueprint, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { localUmami, umamiModel } from '../examples/environments/umami-model.js';
import { trackedVisitors } from '../examples/environments/tracked-visitors.js';
import { nextVersion, service, shop, shopBlueprint, shopImages } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const umamiUrl = 'https://umami.shop.test';
const definition = defineEnvironment({
  ...shop,
  services: { ...shop.services, umami: { role: 'administration', desiredCount: 1, databases: ['umami'] } },
  umami: { url: umamiUrl, websiteId: localUmami.websiteId, username: secretFromEnv('SHOP_UMAMI_USERNAME'), password: secretFromEnv('SHOP_UMAMI_PASSWORD') },
});

/** The shop, with Umami behind a rule of its own. */
const blueprint: Blueprint = {
  ...shopBlueprint,
  loadBalancer: {
    ...shopBlueprint.loadBalancer,
    listeners: shopBlueprint.loadBalancer.listeners.map((listener) => ({
      ...listener,
      rules: [...listener.rules, { priority: 3, name: 'umami', conditions: [{ hostHeader: ['umami.shop.test'] }], action: { forward: 'umami' } }],
    })),
  },
  targetGroups: [...shopBlueprint.targetGroups, { ...shopBlueprint.targetGroups[0]!, name: 'umami' }],
  services: [...shopBlueprint.services, service('umami', 'umami', { targetGroup: { name: 'umami', containerName: 'umami', containerPort: 3000 } })],
};

const clouds: LocalCloud[] = [];
beforeEach(() => {
  vi.stubEnv('SHOP_UMAMI_USERNAME', localUmami.username);
  vi.stubEnv('SHOP_UMAMI_PASSWORD', localUmami.password);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cloud of clouds.splice(0)) {
    expect(cloud.inspect.defects).toEqual([]);
    await cloud.stop();
  }
});

interface Started {
  readonly cloud: LocalCloud;
  readonly env: Environment;
  readonly store: RunStore;
  readonly events: DeployEvent[];
}

async function start(): Promise<Started> {
  const cloud = await startLocalCloud({ blueprint, images: [...shopImages, { reference: 'umami', model: umamiModel() }] });
  clouds.push(cloud);
  const store = memoryRunStore({ self: { actor: 'anna@laptop' } });
  const events: DeployEvent[] = [];
  const env = (await connect(definition, { ...cloud.connection, runStore: store, reporters: [{ report: (event) => void events.push(event) }] }))._unsafeUnwrap();
  return { cloud, env, store, events };
}

const visitorsOf = (cloud: LocalCloud, site = 'https://shop.test') => trackedVisitors(cloud.connection, { site, umami: umamiUrl, browsers: ['Firefox', 'Chrome'] });
/** How the answers of Umami's API went. */
const asked = (cloud: LocalCloud) => cloud.inspect.visits.filter(({ url }) => /\/api\/(auth|websites)\//.test(url)).map(({ method, url, status }) => `${method} ${new URL(url).pathname.replace(localUmami.websiteId, 'ID')} ${status}`);

describe('awaitDrained with Umami', () => {
  it('waits until five minutes after the last page, through the rule of Umami, which stays open', async () => {
    const { cloud, env } = await start();
    await using visitors = visitorsOf(cloud);
    await cloud.clock.sleep(120_000);
    const { provenAt } = (await setMaintenance(env, 'on'))._unsafeUnwrap();
    const seen = visitors.pages;
    const report = (await awaitDrained(env, { provenAt }))._unsafeUnwrap();
    expect(report).toMatchObject({ drained: true, decidedBy: 'metrics-and-umami', umami: { activeVisitors: 0, problem: null }, lastMinute: { requests: 0 } });
    expect(Date.parse(report.umami!.at!) - Date.parse(provenAt)).toBeGreaterThan(270_000);
    expect(visitors.pages).toBe(seen);
    expect([...new Set(asked(cloud))]).toEqual(['POST /api/auth/login 200', 'GET /api/websites/ID/active 200']);
    expect(asked(cloud).filter((answer) => answer.startsWith('POST'))).toHaveLength(1);
  });

  it('lets the metrics decide once the gate was closed before Umami too', async () => {
    const { cloud, store, events } = await start();
    const closedToo = defineEnvironment({ ...definition, services: { ...definition.services, umami: { role: 'application', desiredCount: 1, databases: ['umami'] } } });
    const env = (await connect(closedToo, { ...cloud.connection, runStore: store, reporters: [{ report: (event) => void events.push(event) }] }))._unsafeUnwrap();
    const { provenAt } = (await setMaintenance(env, 'on'))._unsafeUnwrap();
    const problem = 'umami.shop.test answers 302 to https://closed.shop.test:443/api/auth/login';
    expect((await awaitDrained(env, { provenAt }))._unsafeUnwrap()).toMatchObject({ drained: true, decidedBy: 'metrics', umami: { activeVisitors: null, problem } });
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ message: `${problem}; whether visitors have left is decided by the balancer's metrics alone` }]);
  });
});

describe('a release with Umami', () => {
  it('allows for operators on pages, and shows no secret of Umami', async () => {
    const { cloud, env, store, events } = await start();
    await using operators = visitorsOf(cloud, 'https://office.shop.test');
    await cloud.clock.sleep(60_000);
    (await deployWithMigration(env, { version: nextVersion, ignoreVisitorsBelow: 2 }))._unsafeUnwrap();
    expect(operators.pages).toBeGreaterThan(20);
    const drained = events.find((event) => event.type === 'step-succeeded' && event.step === 'await-drained');
    expect(drained).toMatchObject({ summary: expect.stringMatching(/^0 requests in the minute from \d\d:\d\d; 2 visitors active; \d minutes looked at$/) as string });
    const documents = await Promise.all((await store.list('shop/'))._unsafeUnwrap().map(async (key) => (await store.read(key))._unsafeUnwrap()?.body));
    expect(documents.join('')).toContain('"decidedBy": "metrics-and-umami"');
    for (const secret of [localUmami.username, localUmami.password, 'Bearer', 'token-1']) expect(JSON.stringify([events, documents])).not.toContain(secret);
  });

  it('goes on while Umami is down, and says what decided', async () => {
    const { cloud, store, events } = await start();
    const down: typeof fetch = (input, init) => ((input as string).startsWith(umamiUrl) && init?.method === 'POST' ? Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 10.0.0.9:443') })) : cloud.connection.fetch(input, init));
    const env = (await connect(definition, { ...cloud.connection, fetch: down, runStore: store, reporters: [{ report: (event) => void events.push(event) }] }))._unsafeUnwrap();
    (await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified' }))._unsafeUnwrap();
    const problem = 'umami.shop.test does not answer: fetch failed (connect ECONNREFUSED 10.0.0.9:443)';
    expect(events.filter((event) => event.type === 'warning').map(({ message }) => message)).toContain(`${problem}; whether visitors have left is decided by the balancer's metrics alone`);
    expect(events.find((event) => event.type === 'step-succeeded' && event.step === 'await-drained')).toMatchObject({
      summary: expect.stringMatching(/^0 requests in the minute from \d\d:\d\d; active visitors unknown \(umami\.shop\.test does not answer: fetch failed \(connect ECONNREFUSED 10\.0\.0\.9:443\)\), metrics alone decide; \d minutes looked at$/) as string,
    });
  });

  it('lets visitors in again when one stays on a page that was open, and that is to be a failure', async () => {
    const { cloud, env } = await start();
    // a page that needs nothing of the shop: its tracker tells Umami all the same
    await using visitors = visitorsOf(cloud, 'https://office.shop.test');
    await cloud.clock.sleep(60_000);
    const error = (await deployWithMigration(env, { version: nextVersion, onDrainTimeout: 'fail' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'TimedOut', lastSeen: expect.stringMatching(/^0 requests in the minute from \d\d:\d\d; \d+ connections; 2 visitors active$/) as string, situation: { step: 'await-drained', left: 'as-found', maintenance: 'off' } });
    expect(visitors.pages).toBeGreaterThan(20);
  });
});
