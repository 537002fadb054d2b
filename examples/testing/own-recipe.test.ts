// #region start
import { connect, resume } from '@graasp/deploy';
import { type CloudConnection, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { account, images } from '../guide/account.js';
import { environment } from '../guide/environment.js';
import { officeModel } from '../own-recipe/office-model.js';
import { rebuildBehindGate } from '../own-recipe/rebuild-search.js';

beforeEach(() => {
  vi.stubEnv('MAINTENANCE_HEADER_NAME', 'x-operator');
  vi.stubEnv('MAINTENANCE_HEADER_SECRET', 'only-on-this-machine');
});
afterEach(() => vi.unstubAllEnvs());

/** A cloud in virtual time with nothing in it but this test's, and somebody who looks at the shop every five seconds. */
async function rehearse() {
  const office = officeModel();
  const cloud = await startLocalCloud({ blueprint: account, images: [...images, office.image] });
  const env = (await connect(environment, cloud.connection))._unsafeUnwrap();
  const recipe = rebuildBehindGate(cloud.connection.fetch);
  const seen = watchShop(cloud.connection);
  const dispose = async () => {
    await seen.goHome();
    await cloud.stop();
  };
  return { cloud, office, env, recipe, seen, [Symbol.asyncDispose]: dispose };
}
// #endregion start

// #region visitor
/** A visitor, who sees pages (200) or is sent to the maintenance page (302). */
function watchShop({ fetch, clock }: CloudConnection) {
  const home = new AbortController();
  const seen: number[] = [];
  const visiting = (async () => {
    while (!home.signal.aborted) {
      seen.push((await fetch('https://shop.test/', { redirect: 'manual' })).status);
      await clock.sleep(5000, home.signal).catch(() => undefined);
    }
  })();
  return {
    /** What was seen, one after another, without repetitions. */
    inTurn: () => seen.filter((status, index) => status !== seen[index - 1]),
    goHome: () => (home.abort(), visiting),
  };
}
// #endregion visitor

// #region success
it('rebuilds the index while visitors are on the maintenance page', async () => {
  await using rehearsal = await rehearse();
  const { env, recipe, office, seen } = rehearsal;

  const report = (await recipe(env, { reason: 'products have colours' }))._unsafeUnwrap();

  expect(report.summary).toBe('1200 products are in the new index (products have colours); visitors are let in');
  expect(office.rebuilds).toBe(1);
  await rehearsal.cloud.clock.sleep(10_000);
  expect(seen.inTurn()).toEqual([200, 302, 200]);
});
// #endregion success

// #region own-error
it('lets visitors in again when the office gives up, and says so', async () => {
  await using rehearsal = await rehearse();
  const { cloud, env, recipe, office, seen } = rehearsal;
  office.failNext();

  const error = (await recipe(env, { reason: 'products have colours' }))._unsafeUnwrapErr();

  expect(error).toMatchObject({
    kind: 'SearchNotRebuilt',
    message: 'The office gave up on the search index after 600 of 1200 products; the old one is still in use.',
    situation: { step: 'rebuild-search', left: 'as-found', maintenance: 'off', nextActions: [] },
  });
  await cloud.clock.sleep(10_000);
  expect(seen.inTurn()).toEqual([200, 302, 200]);
});
// #endregion own-error

// #region fault
it('keeps visitors out when AWS refuses to open the gate, and goes on from there without a second rebuild', async () => {
  await using rehearsal = await rehearse();
  const { cloud, env, recipe, office, seen } = rehearsal;
  // the first call closes the shop's rule
  cloud.faults.add({ kind: 'access-denied', operation: 'elbv2:ModifyRule', occurrence: 2 });

  const error = (await recipe(env, { reason: 'products have colours' }))._unsafeUnwrapErr();

  expect(error).toMatchObject({ kind: 'AccessDenied', action: 'elasticloadbalancing:ModifyRule', situation: { step: 'gate-off', left: 'hold', maintenance: 'on' } });
  await cloud.clock.sleep(10_000);
  expect(seen.inTurn()).toEqual([200, 302]);

  expect((await resume(env, recipe, error.runId)).isOk()).toBe(true);
  await cloud.clock.sleep(10_000);
  expect(seen.inTurn()).toEqual([200, 302, 200]);
  expect(office.rebuilds).toBe(1);
});
// #endregion fault

// #region twice
it('does the same in every run of one seed', async () => {
  const requestsOf = async () => {
    await using rehearsal = await rehearse();
    (await rehearsal.recipe(rehearsal.env, { reason: 'products have colours' }))._unsafeUnwrap();
    return rehearsal.cloud.requests.map(({ at, operation }) => `${at} ${operation}`);
  };
  expect(await requestsOf()).toEqual(await requestsOf());
});
// #endregion twice
