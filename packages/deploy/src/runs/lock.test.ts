import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { write } from '../aws/call.js';
import { patience } from '../aws/clients.js';
import { testRun } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import { awaitDead } from './resume.js';
import { acquireLock, isDead, isLeftForUs, type Lock, lockSeconds, readLock, takeOverLock } from './lock.js';
import type { RunStore } from './run-store.js';
import type { TestClock } from './testing/clock.js';
import { testEnvironment } from './testing/environment.js';

const claim = { run: 'r1', recipe: 'deploy', reason: 'deploy of v1.0.0', continuedBy: 'resume' } as const;

async function lockIn(store: RunStore): Promise<Lock> {
  return JSON.parse((await store.read('dev/lock'))._unsafeUnwrap()!.body) as Lock;
}

describe('acquireLock', () => {
  it('says who has the environment, what for, and until when', async () => {
    const { env, store } = testEnvironment();
    await acquireLock(env, claim);
    expect(await lockIn(store)).toMatchObject({
      run: 'r1',
      recipe: 'deploy',
      reason: 'deploy of v1.0.0',
      holder: { actor: 'anna@laptop' },
      version: '0.0.0',
      acquiredAt: '2026-11-23T23:00:00.000Z',
      expiresAt: '2026-11-23T23:02:00.000Z',
    });
  });

  it('lets one of many runs have it', async () => {
    const { env, another } = testEnvironment();
    const results = await Promise.all(Array.from({ length: 8 }, (_, index) => acquireLock(index === 0 ? env : another().env, { ...claim, run: `r${index}` })));
    const refused = results.filter((result) => result.isErr()).map((result) => result._unsafeUnwrapErr());
    expect(refused).toHaveLength(7);
    expect(refused[0]).toEqual({
      kind: 'Conflict',
      reason: 'lock',
      holder: 'r0',
      message: 'Run r0 (deploy of v1.0.0, by anna@laptop) is working on dev. Nothing was changed.',
      remedy: 'Wait until it has ended, or end it, then try again.',
    });
  });

  it('does not take one that has expired, and names what may', async () => {
    const { env, another, clock } = testEnvironment();
    (await acquireLock(env, claim))._unsafeUnwrap().abandon();
    await clock.advance(121);
    expect((await acquireLock(another().env, { ...claim, run: 'r2' }))._unsafeUnwrapErr()).toMatchObject({
      message: 'Run r1 (deploy of v1.0.0, by anna@laptop) stopped without an end: its lock on dev was good until 2026-11-23T23:02:00.000Z. Nothing was changed.',
      remedy: 'Continue that run (release --resume r1), or look at the environment and let go of it (release --release-hold r1).',
    });
  });

  it('recognises its own lock when the answer to its creation was lost', async () => {
    const { clock, store } = testEnvironment();
    const forgetful: RunStore = { ...store, create: (key, body) => store.create(key, body).map(() => null) };
    const { env } = testEnvironment({ clock, store: forgetful });
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    expect((await lock.hold()).isOk()).toBe(true);
  });
});

describe('a held lock', () => {
  it('is renewed every 30 s, for two minutes each time', async () => {
    const { env, store, clock } = testEnvironment();
    await acquireLock(env, claim);
    const expires: string[] = [];
    for (const seconds of [29, 2, 28, 2]) {
      await clock.advance(seconds);
      expires.push((await lockIn(store)).expiresAt.slice(11, 19));
    }
    expect(expires).toEqual(['23:02:00', '23:02:30', '23:02:30', '23:03:00']);
  });

  it('is renewed for as long as it is held, and removed when it is released', async () => {
    const { env, store, clock } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await clock.advance(3_600);
    expect(Date.parse((await lockIn(store)).expiresAt) - clock.now()).toBeGreaterThan(85_000);
    expect((await lock.hold()).isOk()).toBe(true);
    await lock.release();
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
    await clock.advance(3_600);
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });

  it('is lost for good once somebody else has it, whose lock release leaves alone', async () => {
    const { env, another, clock, store } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    const found = (await readLock(env))._unsafeUnwrap()!;
    const other = (await takeOverLock(another().env, { ...claim, run: 'r2' }, found))._unsafeUnwrap();
    await clock.advance(31);
    expect((await lock.hold())._unsafeUnwrapErr()).toEqual({
      kind: 'LockLost',
      message: 'Run r1 does not hold the lock of dev safely any more: run r2 has it. It begins no further change.',
      remedy: 'Leave dev to run r2, or end that one first.',
      holder: 'r2',
    });
    await lock.release();
    expect((await other.hold()).isOk()).toBe(true);
    expect(await lockIn(store)).toMatchObject({ run: 'r2' });
  });

  it('has more time to spare than a request may take, so that no write lands after its end', () => {
    expect(lockSeconds.toSpare * 1000).toBeGreaterThan(patience.connectionTimeout + patience.requestTimeout);
    expect(lockSeconds.lives - lockSeconds.renewedEvery).toBeGreaterThan(lockSeconds.toSpare);
  });

  it('is renewed before a write when the machine had slept, unless somebody took it', async () => {
    const { clock, store } = testEnvironment();
    const asleep = { ...clock, background: { ...clock.background, sleep: () => new Promise<void>(() => undefined) } };
    const { env, another } = testEnvironment({ clock: asleep, store });
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await clock.advance(7_200);
    expect(isDead(env, await lockIn(store))).toBe(true);
    expect((await lock.hold()).isOk()).toBe(true);
    expect(isDead(env, await lockIn(store))).toBe(false);
    await clock.advance(7_200);
    await takeOverLock(another().env, { ...claim, run: 'r2' }, (await readLock(env))._unsafeUnwrap()!);
    expect((await lock.hold()).isErr()).toBe(true);
    expect(await lockIn(store)).toMatchObject({ run: 'r2' });
  });

  /** A process whose clock can be set. */
  function settable() {
    const { clock, store, another } = testEnvironment();
    let setBy = 0;
    const now = () => clock.now() + setBy;
    const steady = () => clock.now();
    const { env } = testEnvironment({ clock: { ...clock, now, steady, background: { ...clock.background, now, steady } }, store });
    return { env, store, clock, another, set: (ms: number) => void (setBy += ms) };
  }

  it.each([3 * 3_600_000, -600_000])('is renewed before a write once the clock has jumped by %i ms: how old it is is not known then', async (jump) => {
    const { env, store, another, set } = settable();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    const before = (await readLock(env))._unsafeUnwrap()!.etag;
    expect((await lock.hold()).isOk()).toBe(true);
    expect((await readLock(env))._unsafeUnwrap()!.etag).toBe(before);
    set(jump);
    expect((await lock.hold()).isOk()).toBe(true);
    expect((await readLock(env))._unsafeUnwrap()!.etag).not.toBe(before);

    set(jump);
    await takeOverLock(another().env, { ...claim, run: 'r2' }, (await readLock(env))._unsafeUnwrap()!);
    expect((await lock.hold())._unsafeUnwrapErr()).toMatchObject({ kind: 'LockLost', holder: 'r2' });
    expect(await lockIn(store)).toMatchObject({ run: 'r2' });
  });

  it('is not dead to others after its holder’s clock was set back', async () => {
    const { env, store, clock, another, set } = settable();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    set(-600_000);
    await clock.advance(300);
    expect((await lock.hold()).isOk()).toBe(true);
    expect(isDead(another().env, await lockIn(store))).toBe(false);
  });

  it('outlives a store that fails for a minute, and keeps its writer away when it fails for longer', async () => {
    const { clock, store } = testEnvironment();
    let broken = false;
    const brittle: RunStore = { ...store, replace: (...args) => (broken ? errAsync({ kind: 'RunStoreFailed', message: 'down', remedy: '', store: 'memory' }) : store.replace(...args)) };
    const { env } = testEnvironment({ clock, store: brittle });
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    broken = true;
    await clock.advance(60);
    expect((await lock.hold()).isOk()).toBe(true);
    broken = false;
    await clock.advance(10);
    expect(Date.parse((await lockIn(store)).expiresAt) - clock.now()).toBeGreaterThan(100_000);
    broken = true;
    await clock.advance(115);
    const lost = (await lock.hold())._unsafeUnwrapErr();
    expect(lost.message).toMatch(/^Run r1 does not hold the lock of dev safely any more: it could not be renewed, and is good until 2026-.*Z\. It begins no further change\.$/);
    expect(lost.remedy).toBe('See that nobody else works on dev. Continue that run (release --resume r1), or look at the environment and let go of it (release --release-hold r1).');
    expect(lost.holder).toBeUndefined();
  });

  it('adopts a renewal whose answer was lost', async () => {
    const { clock, store } = testEnvironment();
    let losing = false;
    const lossy: RunStore = { ...store, replace: (...args) => store.replace(...args).map((version) => (losing ? null : version)) };
    const { env } = testEnvironment({ clock, store: lossy });
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    losing = true;
    await clock.advance(31);
    losing = false;
    await clock.advance(300);
    expect((await lock.hold()).isOk()).toBe(true);
  });
});

/** A process with a store that has a clock of its own, a steady clock that is its own too, and nobody who renews in the background. */
function byStoreTime() {
  const { clock, store } = testEnvironment();
  const ahead = { store: 0, machine: 0 };
  const steady = () => clock.now() + ahead.machine;
  const asleep = { ...clock, now: steady, steady, background: { ...clock.background, sleep: () => new Promise<void>(() => undefined) } };
  const { env } = testEnvironment({ clock: asleep, store: { ...store, now: () => clock.now() + ahead.store } });
  const etag = async () => (await readLock(env))._unsafeUnwrap()!.etag;
  return { env, ahead, etag, lockNow: () => lockIn(store) };
}

describe('a lock in a store that has a clock of its own', () => {
  it('expires by that clock, which is asked for before the lock is written', async () => {
    const { store } = testEnvironment();
    let answered = false;
    const told = Date.parse('2026-11-23T22:00:00Z');
    const { env } = testEnvironment({ store: { ...store, read: (key) => ((answered = true), store.read(key)), now: () => (answered ? told : 0) } });
    await acquireLock(env, claim);
    expect(await lockIn(store)).toMatchObject({ acquiredAt: '2026-11-23T22:00:00.000Z', expiresAt: '2026-11-23T22:02:00.000Z' });
  });

  it.each(['store', 'machine'] as const)('is renewed before a write once it has less than 40 s left by the clock of the %s', async (whose) => {
    const { env, ahead, etag } = byStoreTime();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    const first = await etag();
    ahead[whose] = 80_000;
    await lock.hold();
    expect(await etag()).toBe(first);
    ahead[whose] = 80_001;
    expect((await lock.hold()).isOk()).toBe(true);
    expect(await etag()).not.toBe(first);
  });

  it('is dead from the moment in which it expires', async () => {
    const { env, ahead, lockNow } = byStoreTime();
    await acquireLock(env, claim);
    ahead.store = 119_999;
    expect(isDead(env, await lockNow())).toBe(false);
    ahead.store = 120_000;
    expect(isDead(env, await lockNow())).toBe(true);
  });
});

describe('whose lock it is', () => {
  it('is dead at once where the store knows that the process is gone', async () => {
    const { env, store } = testEnvironment();
    await acquireLock(env, claim);
    const asked: unknown[] = [];
    const knowing = (gone: boolean) => testEnvironment({ store: { ...store, provesDead: (holder) => (asked.push(holder), gone) } }).env;
    expect([isDead(knowing(true), await lockIn(store)), isDead(knowing(false), await lockIn(store))]).toEqual([true, false]);
    expect(asked).toEqual([{ actor: 'anna@laptop' }, { actor: 'anna@laptop' }]);
  });

  it('is left for nobody who is no durable execution, and for the one that it names', async () => {
    const { env, store } = testEnvironment();
    await acquireLock(env, claim);
    const lock = await lockIn(store);
    const execution = (name: string) => ({ ...env, [internals]: { ...env[internals], suspension: { execution: name } as never } });
    expect(isLeftForUs(env, lock)).toBe(false);
    expect(['mine', 'theirs'].map((name) => isLeftForUs(execution(name), { ...lock, suspendedBy: 'mine' }))).toEqual([true, false]);
  });

  it('is somebody’s where the store does not tell who writes from here', async () => {
    const { store } = testEnvironment();
    await acquireLock(testEnvironment({ store: { ...store, self: undefined } }).env, claim);
    expect((await lockIn(store)).holder).toEqual({ actor: 'somebody' });
  });

  it('is taken at the second attempt where the one that was in the way is gone a moment later', async () => {
    const { store, clock } = testEnvironment();
    let refused = false;
    const gone: RunStore = { ...store, create: (key, body) => (refused ? store.create(key, body) : ((refused = true), okAsync(null))) };
    expect((await (await acquireLock(testEnvironment({ store: gone, clock }).env, claim))._unsafeUnwrap().hold()).isOk()).toBe(true);
  });
});

describe('a lock that is lost', () => {
  const lostTo = async (then: (test: ReturnType<typeof testEnvironment>) => Promise<unknown>) => {
    const test = testEnvironment();
    const lock = (await acquireLock(test.env, claim))._unsafeUnwrap();
    expect(lock.isTaken()).toBe(false);
    await then(test);
    await test.clock.advance(31);
    expect(lock.isTaken()).toBe(true);
    return (await lock.hold())._unsafeUnwrapErr();
  };

  it('to another process of the same run is left to that', async () => {
    expect(await lostTo(async ({ env, another }) => takeOverLock(another().env, claim, (await readLock(env))._unsafeUnwrap()!))).toEqual({
      kind: 'LockLost',
      message: 'Run r1 does not hold the lock of dev safely any more: another process goes on with the run. It begins no further change.',
      remedy: 'Leave dev to that process.',
      holder: 'r1',
    });
  });

  it('to whoever has removed it may have been let go of: nobody knows who did', async () => {
    expect(await lostTo(async ({ env, store }) => store.remove('dev/lock', (await readLock(env))._unsafeUnwrap()!.etag))).toEqual({
      kind: 'LockLost',
      message: 'Run r1 does not hold the lock of dev safely any more: another process has gone on with the run, or somebody has let go of it. It begins no further change.',
      remedy: 'See how dev was left before anything is begun: nothing is left to do for this process.',
    });
  });

  it('is so for good once its run has found that out for itself', async () => {
    const { env } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    expect(lock.lost()).toMatchObject({ kind: 'LockLost' });
    expect([lock.isTaken(), (await lock.hold()).isOk()]).toEqual([true, false]);
  });
});

describe('release', () => {
  it('has nothing to do where the lock is gone already', async () => {
    const { env, store } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await store.remove('dev/lock', (await readLock(env))._unsafeUnwrap()!.etag);
    expect((await lock.release()).isOk()).toBe(true);
  });

  it('leaves no lock behind although the answer to the last renewal was lost', async () => {
    const { clock, store } = testEnvironment();
    const silent: RunStore = { ...store, replace: (...args) => store.replace(...args).andThen(() => errAsync({ kind: 'RunStoreFailed', message: 'no answer', remedy: '', store: 'memory' } as const)) };
    const { env } = testEnvironment({ clock, store: silent });
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    const { expiresAt } = await lockIn(store);
    await clock.advance(31);
    expect((await lockIn(store)).expiresAt).not.toBe(expiresAt);
    (await lock.release())._unsafeUnwrap();
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
  });
});

describe('takeOverLock', () => {
  it('lets one of two have a dead lock', async () => {
    const { env, another, clock } = testEnvironment();
    (await acquireLock(env, claim))._unsafeUnwrap().abandon();
    await clock.advance(200);
    const dead = (await readLock(env))._unsafeUnwrap()!;
    const results = await Promise.all([takeOverLock(env, claim, dead), takeOverLock(another().env, claim, dead)]);
    expect(results.filter((result) => result.isOk())).toHaveLength(1);
  });
});

describe('a lock that is left for a durable execution', () => {
  it('is told to be lost when somebody else has taken it meanwhile: whoever asks for it is not left waiting', async () => {
    const { env, another, clock } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await takeOverLock(another().env, { ...claim, run: 'r2' }, (await readLock(env))._unsafeUnwrap()!);
    const suspended = lock.suspend('arn:execution', 15, () => okAsync(undefined));
    const askedMeanwhile = lock.hold();
    expect((await suspended)._unsafeUnwrapErr()).toMatchObject({ kind: 'LockLost', holder: 'r2' });
    expect(await inTurns(askedMeanwhile, clock)).toMatchObject({ error: { kind: 'LockLost', holder: 'r2' } });
    expect(await inTurns(lock.hold(), clock)).toMatchObject({ error: { kind: 'LockLost', holder: 'r2' } });
  });

  it('is good for so long and ten minutes more, and says for whom', async () => {
    const { env, store } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    (await lock.suspend('arn:execution', 300, () => okAsync(undefined)))._unsafeUnwrap();
    expect(await lockIn(store)).toMatchObject({ run: 'r1', suspendedBy: 'arn:execution', suspendedSeconds: 300, acquiredAt: '2026-11-23T23:00:00.000Z', expiresAt: '2026-11-23T23:15:00.000Z' });
  });

  it('is left, too, after a change that was sent and failed', async () => {
    const { env, store } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    const sent = lock.carry(() => Promise.reject(new Error('no answer')));
    await Promise.all([lock.suspend('arn:execution', 15, () => okAsync(undefined)), sent.catch(() => undefined)]);
    expect((await lockIn(store)).suspendedBy).toBe('arn:execution');
  });

  it('is given to nobody any more, not even to one whose asking has renewed it just then', async () => {
    const { clock, store } = testEnvironment();
    let answer: () => void = () => undefined;
    let slow = false;
    const delayed: RunStore = { ...store, replace: (...args) => (slow ? new ResultAsync(new Promise<void>((resolve) => (answer = resolve)).then(() => store.replace(...args))) : store.replace(...args)) };
    const asleep = { ...clock, background: { ...clock.background, sleep: () => new Promise<void>(() => undefined) } };
    const { env } = testEnvironment({ clock: asleep, store: delayed });
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await clock.advance(100);
    slow = true;
    const asked = lock.hold();
    slow = false;
    void lock.suspend('arn:execution', 15, () => okAsync(undefined));
    answer();
    expect(await inTurns(asked, clock)).toBe('none');
  });
});

describe('awaitDead', () => {
  it('leaves a suspended run to its execution for as long as that is to wait, also where that is longer than a lock lives', async () => {
    const { env, another, clock } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await lock.suspend('arn:execution', 300, () => okAsync(undefined));
    const left = (await readLock(env))._unsafeUnwrap()!;
    void clock.background.sleep(290_000).then(() => takeOverLock(env, claim, left));
    expect((await awaitDead(another().env, left))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', holder: 'r1' });
  });

  it('takes one that nobody takes up two minutes after that', async () => {
    const { env, another, clock } = testEnvironment();
    await (await acquireLock(env, claim))._unsafeUnwrap().suspend('arn:execution', 300, () => okAsync(undefined));
    const before = clock.now();
    expect((await awaitDead(another().env, (await readLock(env))._unsafeUnwrap()!)).isOk()).toBe(true);
    expect((clock.now() - before) / 1000).toBe(420);
  });
});

describe('a lock that is about to be left', () => {
  /** With a change that was sent and is not answered yet. */
  async function sending() {
    const { env, store, clock } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    let answer: () => void = () => undefined;
    const sent = lock.carry(() => new Promise<void>((resolve) => (answer = resolve)));
    return { lock, store, clock, sent, answer: () => answer() };
  }

  it('is left once what was sent is answered, and what came of it is entered', async () => {
    const { lock, store, clock, sent, answer } = await sending();
    const entered: string[] = [];
    const kept: string[][] = [];
    void sent.then(() => lock.whileHere(() => okAsync(void entered.push('answered'))));
    const suspended = lock.suspend('arn:execution', 15, () => okAsync(void kept.push([...entered])));
    expect(await inTurns(suspended, clock)).toBe('none');
    expect((await lockIn(store)).suspendedBy).toBeUndefined();
    answer();
    expect((await suspended).isOk()).toBe(true);
    expect([(await lockIn(store)).suspendedBy, kept.at(-1)]).toEqual(['arn:execution', ['answered']]);
  });

  it('is left after a change, too, that was allowed in the same moment and is sent only then', async () => {
    const { env, clock } = testEnvironment();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    let answer: () => void = () => undefined;
    const run = { ...testRun(), assertLock: () => lock.hold().map(() => undefined), carry: <T>(send: () => Promise<T>) => lock.carry(send) };
    const writing = write({ ...env, [internals]: { ...env[internals], run } }, { action: 'ecs:UpdateService' }, () => new Promise<void>((resolve) => (answer = resolve)));
    let left = false;
    const suspended = lock.suspend('arn:execution', 15, () => ResultAsync.fromSafePromise(clock.advance(0))).map(() => (left = true));
    for (let turns = 0; turns < 20; turns += 1) await clock.advance(0);
    expect(left).toBe(false);
    answer();
    await writing;
    expect((await suspended).isOk()).toBe(true);
  });

  it('lets nothing be entered any more once it is left', async () => {
    const { lock, clock, answer } = await sending();
    answer();
    await lock.suspend('arn:execution', 15, () => okAsync(undefined));
    let entered = false;
    expect(await inTurns(lock.whileHere(() => okAsync((entered = true))), clock)).toBe('none');
    expect(entered).toBe(false);
  });

  it('is not marked when what was done cannot be stored: whoever goes on takes the run for one that was cut off', async () => {
    const { lock, store, answer } = await sending();
    answer();
    expect((await lock.suspend('arn:execution', 15, () => errAsync('full'))).isOk()).toBe(true);
    expect((await lockIn(store)).suspendedBy).toBeUndefined();
  });
});

/** The answer, if it comes without any time passing. */
async function inTurns<T>(asked: PromiseLike<T>, { advance }: TestClock): Promise<T | 'none'> {
  return Promise.race([asked, advance(0).then(() => advance(0)).then(() => 'none' as const)]);
}
