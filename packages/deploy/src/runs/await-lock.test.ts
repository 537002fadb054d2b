import { errAsync, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { awaitLock } from './await-lock.js';
import { acquireLock, readLock } from './lock.js';
import type { RunStore } from './run-store.js';
import { testEnvironment } from './testing/environment.js';

const release = { run: 'r1', recipe: 'deploy', reason: 'deploy of v1.0.0', continuedBy: 'resume' } as const;
const nightly = { run: 'r2', recipe: 'stop', reason: 'stop', continuedBy: 'resume' } as const;

describe('awaitLock', () => {
  it('takes a lock that nobody has at once, and tells nothing', async () => {
    const { env, events } = testEnvironment({ lockWaitSeconds: 600 });
    expect((await awaitLock(env, nightly)).isOk()).toBe(true);
    expect(events).toEqual([]);
  });

  it('refuses at once when it is not to wait', async () => {
    const { env, another, clock } = testEnvironment();
    await acquireLock(env, release);
    const begun = clock.now();
    expect((await awaitLock(another().env, nightly))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: 'r1' });
    expect(clock.now()).toBe(begun);
  });

  it('waits until the run that is at work has ended, tells what for, and takes its place', async () => {
    const { env, another, clock } = testEnvironment({ lockWaitSeconds: 600 });
    const first = (await acquireLock(env, release))._unsafeUnwrap();
    const other = another();
    void clock.sleep(95_000).then(() => first.release());
    const lock = (await awaitLock(other.env, nightly))._unsafeUnwrap();
    expect((await lock.hold()).isOk()).toBe(true);
    expect((await readLock(env))._unsafeUnwrap()?.value.run).toBe('r2');
    expect(other.events).toMatchObject([
      { type: 'waiting', waitingFor: 'the lock of dev', seen: 'run r1 (deploy of v1.0.0, by anna@laptop) is at work', timeoutSeconds: 600 },
      { type: 'wait-ended', waitingFor: 'the lock of dev' },
    ]);
  });

  it('gives up when the time is over, and says who is at work all the same', async () => {
    const { env, another, clock } = testEnvironment({ lockWaitSeconds: 300 });
    await acquireLock(env, release);
    const begun = clock.now();
    expect((await awaitLock(another().env, nightly))._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'lock',
      holder: 'r1',
      message: 'Run r1 (deploy of v1.0.0, by anna@laptop) is still working on dev, 300 s later. Nothing was changed.',
      remedy: 'Wait until it has ended, or end it, then try again.',
    });
    expect((clock.now() - begun) / 1000).toBeCloseTo(300, 0);
  });

  it('does not wait for a run that has died, which no waiting will end', async () => {
    const { env, another, clock } = testEnvironment({ lockWaitSeconds: 3_600 });
    (await acquireLock(env, release))._unsafeUnwrap().abandon();
    const begun = clock.now();
    const error = (await awaitLock(another().env, nightly))._unsafeUnwrapErr();
    expect(error.message).toBe('Run r1 (deploy of v1.0.0, by anna@laptop) stopped without an end: its lock on dev was good until 2026-11-23T23:02:00.000Z. Nothing was changed.');
    // as long as its lock lives it may be at work
    expect((clock.now() - begun) / 1000).toBeLessThan(135);
  });

  it('ends when it is aborted, and leaves the lock to whoever has it', async () => {
    const { env, another, clock } = testEnvironment({ lockWaitSeconds: 3_600 });
    const first = (await acquireLock(env, release))._unsafeUnwrap();
    const other = another();
    void clock.sleep(60_000).then(() => other.abort.abort());
    expect((await awaitLock(other.env, nightly))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: 'the lock of dev' });
    expect((await first.hold()).isOk()).toBe(true);
  });

  it('lets go of a lock that it got in the moment in which it was aborted', async () => {
    const { env, store, clock } = testEnvironment();
    const first = (await acquireLock(env, release))._unsafeUnwrap();
    const waiting = testEnvironment({ clock, lockWaitSeconds: 3_600, store: { ...store, create: (...args) => store.create(...args).map((version) => (version === null ? null : (waiting.abort.abort(), version))) } });
    void clock.sleep(60_000).then(() => first.release());
    expect((await awaitLock(waiting.env, nightly))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted' });
    expect((await readLock(env))._unsafeUnwrap()).toBeNull();
  });

  it('ends when the store fails', async () => {
    const failed = { kind: 'RunStoreFailed' as const, message: 'down', remedy: '', store: 'memory' };
    const { store } = testEnvironment();
    const down: RunStore = { ...store, create: () => errAsync(failed) };
    expect((await awaitLock(testEnvironment({ store: down, lockWaitSeconds: 60 }).env, nightly))._unsafeUnwrapErr()).toEqual(failed);
  });

  it('says that others had it where none was seen with it: each was gone at the next look', async () => {
    const { clock, store } = testEnvironment();
    // somebody is always faster, and lets go at once: the lock itself is in the way, and nobody is read
    let theirs = false;
    const passing: RunStore = {
      ...store,
      create: (key, body) => (key === 'dev/lock' ? ((theirs = true), okAsync(null)) : store.create(key, body)),
      read: (key) => (key === 'dev/lock' && theirs ? ((theirs = false), okAsync({ etag: '1', body: JSON.stringify({ run: 'r9', reason: 'r9', holder: { actor: 'ben' }, token: 't', expiresAt: '2026-11-24T23:00:00.000Z' }) })) : store.read(key)),
    };
    const { env, events } = testEnvironment({ clock, store: passing, lockWaitSeconds: 60 });
    expect((await awaitLock(env, nightly))._unsafeUnwrapErr()).toEqual({ kind: 'Conflict', reason: 'lock', message: 'Others took the lock of dev for 60 s. Nothing was changed.', remedy: 'Try again.' });
    expect(events[0]).toMatchObject({ type: 'waiting', seen: 'let go of a moment ago' });
  });

  it('looks every ten seconds', async () => {
    const { env, clock, store } = testEnvironment();
    await acquireLock(env, release);
    const looks: number[] = [];
    const counting: RunStore = { ...store, create: (key, body) => (looks.push(clock.now()), store.create(key, body)) };
    await awaitLock(testEnvironment({ clock, store: counting, lockWaitSeconds: 35 }).env, nightly);
    expect(looks.length).toBeGreaterThanOrEqual(4);
    expect(looks.length).toBeLessThanOrEqual(6);
  });
});
