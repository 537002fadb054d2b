import { awaitDrained, connect, type DeployEvent, deployWithMigration, type DeployWithMigrationOptions, type Environment, readState, resume, setMaintenance } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type JumpingClock, jumpingClock } from './jumping-clock.js';
import { nextVersion, shop, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

const minute = 60_000;
const hour = 60 * minute;
const release: DeployWithMigrationOptions = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 };

interface JumpingShop extends ShopProcess {
  readonly machine: JumpingClock;
  readonly jumpy: Environment;
}

/** A shop, and a machine beside it whose clock can be trusted less. */
async function start(): Promise<JumpingShop> {
  const process = await startShop();
  clouds.push(process.cloud);
  const machine = jumpingClock(process.cloud.connection.clock);
  const jumpy = await connect(shop, { ...process.cloud.connection, clock: machine.clock, runStore: process.store, reporters: [{ report: (event) => void process.events.push(event) }] });
  return { ...process, machine, jumpy: jumpy._unsafeUnwrap() };
}

/** Some seconds into each of these steps. */
function during({ events, cloud }: ShopProcess, steps: Readonly<Record<string, () => void>>): void {
  const push = events.push.bind(events);
  const begun = new Set<string>();
  events.push = (...added) => {
    for (const event of added) {
      if (event.type !== 'step-started' || begun.has(event.step)) continue;
      begun.add(event.step);
      if (steps[event.step] !== undefined) void cloud.clock.sleep(7_000).then(steps[event.step]);
    }
    return push(...added);
  };
}

const secondsOf = (events: readonly DeployEvent[]) => events.flatMap((event) => (event.type === 'step-succeeded' || event.type === 'wait-ended' ? [event.seconds] : []));
const warningsOf = (events: readonly DeployEvent[]) => events.flatMap((event) => (event.type === 'warning' && event.message.includes('clock') ? [event.message] : []));

async function expectReleased({ cloud, env }: ShopProcess): Promise<void> {
  expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', putAside: [], hold: null });
  expect(cloud.inspect.database()!.model!.appliedMigrations).toHaveLength(1);
  expect(cloud.inspect.violations).toEqual([]);
}

describe('a clock that is set in the middle of a release', () => {
  it.each([
    ['forward by three hours, and back', 3 * hour],
    ['back by ten minutes, and forward', -10 * minute],
  ])('(%s) neither ends a wait nor makes it longer, in any step', async (_, by) => {
    const at = await start();
    const there = () => at.machine.set(by);
    const back = () => at.machine.set(-by);
    during(at, { 'gate-on': there, 'await-drained': back, 'stop-services': there, 'snapshot-db': back, 'run-migration': there, 'await-db-settled': back, 'deploy-core': there, 'verify-deployment': back });
    const from = at.cloud.clock.now();

    const { restorePoint } = (await deployWithMigration(at.jumpy, release))._unsafeUnwrap();

    const lasted = (at.cloud.clock.now() - from) / 1000;
    expect(secondsOf(at.events).every((seconds) => seconds >= 0 && seconds <= lasted)).toBe(true);
    expect(warningsOf(at.events).length).toBeGreaterThanOrEqual(5);
    expect(warningsOf(at.events)[0]).toMatch(/^the clock of this machine jumped \d+ s (forward \(it slept, or its clock was set\)|back \(its clock was set\))\. That is not counted as waiting\.$/);
    const lastOldWrite = at.cloud.inspect.database()!.model!.writesLog.filter(({ schema }) => schema === 'one').at(-1)!;
    expect(Date.parse(restorePoint.databaseTime!)).toBeGreaterThanOrEqual(lastOldWrite.at);
    await expectReleased(at);
  });

  it('makes no quiet minutes: visitors are not taken to have left while requests are still counted', async () => {
    const at = await start();
    (await setMaintenance(at.env, 'on'))._unsafeUnwrap();
    const from = at.cloud.clock.now();
    const until = from + 8 * minute;
    const operate = async (): Promise<void> => {
      while (at.cloud.clock.now() < until) {
        await at.cloud.connection.fetch('https://shop.test/', { headers: { 'x-shop-operator': 'open-sesame-0123456789' } });
        await at.cloud.clock.sleep(10_000);
      }
    };
    const operating = operate();
    void at.cloud.clock.sleep(2 * minute).then(() => at.machine.set(3 * hour));

    expect((await awaitDrained(at.jumpy))._unsafeUnwrap()).toMatchObject({ decidedBy: 'metrics' });

    expect(at.cloud.clock.now()).toBeGreaterThan(until);
    await operating;
  });
});

describe('a laptop that sleeps for two hours', () => {
  it.each(['stop-services', 'run-migration', 'deploy-core'])('in %s goes on where it was when it wakes up, if nobody has the environment', async (step) => {
    const at = await start();
    during(at, { [step]: () => at.machine.fallAsleep(2 * hour) });
    (await deployWithMigration(at.jumpy, release))._unsafeUnwrap();
    await expectReleased(at);
  });

  it.each(['await-drained', 'stop-services', 'run-migration'])('in %s changes nothing any more when somebody has resumed its release meanwhile, and takes nobody for a stranger', async (step) => {
    const at = await start();
    during(at, { [step]: () => at.machine.fallAsleep(2 * hour) });
    const sleeping = deployWithMigration(at.jumpy, release);
    await at.cloud.clock.sleep(hour);
    const [run = ''] = (await at.store.list('shop/runs/'))._unsafeUnwrap();

    (await resume((await at.another()).env, deployWithMigration, run.slice('shop/runs/'.length)))._unsafeUnwrap();
    const changes = () => at.cloud.requests.filter(({ operation }) => /:(Modify|Update|Create|Register|Run|Put|Stop|Delete)/.test(operation)).length;
    const before = changes();

    const error = (await sleeping)._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'LockLost', situation: { left: 'taken-over', nextActions: [] } });
    expect(at.events.some((event) => event.type === 'step-failed' && event.message.includes('somebody else'))).toBe(false);
    expect(changes()).toBe(before);
    await expectReleased(at);
  });

  it('is told of the hold that its release was left in by who has resumed it', async () => {
    const at = await start();
    at.cloud.faults.add({ kind: 'service-image', image: `web-${nextVersion}`, what: 'crash-loop' });
    during(at, { 'stop-services': () => at.machine.fallAsleep(2 * hour) });
    const sleeping = deployWithMigration(at.jumpy, release);
    await at.cloud.clock.sleep(hour);
    const [run = ''] = (await at.store.list('shop/runs/'))._unsafeUnwrap();
    const resumed = (await resume((await at.another()).env, deployWithMigration, run.slice('shop/runs/'.length)))._unsafeUnwrapErr();
    expect(resumed).toMatchObject({ kind: 'DeploymentFailed', situation: { left: 'hold' } });

    const { kind, situation } = (await sleeping)._unsafeUnwrapErr();
    expect([kind, situation.left, situation.nextActions]).toEqual(['LockLost', 'hold', resumed.situation.nextActions]);
  });
});

describe('a release whose process died while its clock was three hours ahead', () => {
  it('is resumed within minutes: its lock is not renewed, whatever its stamp says', async () => {
    const at = await start();
    at.machine.set(3 * hour);
    const dying = jumpingClock(at.machine.clock);
    const env = (await connect(shop, { ...at.cloud.connection, clock: dying.clock, runStore: at.store, reporters: [{ report: (event) => void at.events.push(event) }] }))._unsafeUnwrap();
    during(at, { 'stop-services': () => dying.fallAsleep(1_000 * hour) });
    void deployWithMigration(env, release).then(() => undefined);
    while (!at.events.some((event) => event.type === 'step-started' && event.step === 'stop-services')) await at.cloud.clock.sleep(1_000);
    await at.cloud.clock.sleep(20_000);
    const [run = ''] = (await at.store.list('shop/runs/'))._unsafeUnwrap();
    const lock = JSON.parse((await at.store.read('shop/lock'))._unsafeUnwrap()!.body) as { readonly expiresAt: string };
    expect(Date.parse(lock.expiresAt) - at.cloud.clock.now()).toBeGreaterThan(2 * hour);

    const from = at.cloud.clock.now();
    const later = await at.another();
    (await resume(later.env, deployWithMigration, run.slice('shop/runs/'.length)))._unsafeUnwrap();
    expect(at.cloud.clock.now() - from).toBeLessThan(30 * minute);
    await expectReleased(at);
  });
});
