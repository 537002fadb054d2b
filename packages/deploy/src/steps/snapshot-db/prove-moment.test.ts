import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { awaitLaterTransaction, predates } from './prove-moment.js';

const at = (time: string) => new Date(`2026-11-23T${time}Z`);

describe('predates', () => {
  it('is so of a snapshot whose last transaction was before the last writer stopped', () => {
    expect(predates({ SnapshotDatabaseTime: at('09:59:59') }, '2026-11-23T10:00:00.000Z')).toBe(true);
    expect(predates({ SnapshotDatabaseTime: at('10:00:00') }, '2026-11-23T10:00:00.000Z')).toBe(false);
  });

  it('goes by when it was created where AWS tells no transaction, and is never so where nothing is known', () => {
    expect(predates({ SnapshotCreateTime: at('09:59:59') }, '2026-11-23T10:00:00.000Z')).toBe(true);
    expect(predates({ SnapshotCreateTime: at('09:59:59'), SnapshotDatabaseTime: at('10:00:01') }, '2026-11-23T10:00:00.000Z')).toBe(false);
    expect(predates({}, '2026-11-23T10:00:00.000Z')).toBe(false);
    expect(predates({ SnapshotDatabaseTime: at('09:00:00') }, null)).toBe(false);
  });
});

describe('awaitLaterTransaction', () => {
  async function wait(stoppedAt: string, timeoutSeconds = 3600) {
    const env = testEnvironment();
    const result = await awaitLaterTransaction(env, stoppedAt, timeoutSeconds);
    return { env, result, seconds: (env.clock.time - at('10:00:00').getTime()) / 1000 };
  }

  it.each([
    ['just now', '2026-11-23T10:00:00.000Z', 300],
    ['four minutes ago', '2026-11-23T09:56:00.000Z', 60],
    ['long ago', '2026-11-23T09:00:00.000Z', 0],
    ['by a clock that is ahead', '2026-11-23T11:00:00.000Z', 300],
  ])('waits five minutes after the last writer that stopped %s', async (_, stoppedAt, seconds) => {
    const waited = await wait(stoppedAt);
    expect(waited.result.isOk()).toBe(true);
    expect(waited.seconds).toBe(seconds);
  });

  it('tells until when, and has a time limit', async () => {
    const { env, result } = await wait('2026-11-23T10:00:00.000Z', 60);
    expect(result._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'a transaction after the last writer stopped', timeoutSeconds: 60, lastSeen: 'until 2026-11-23T10:05:00.000Z' });
    expect(env.events.filter(({ type }) => type === 'waiting')).toMatchObject([{ seen: 'until 2026-11-23T10:05:00.000Z' }]);
  });
});
