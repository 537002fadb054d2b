import { errAsync, ok, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../environment/environment.js';
import type { Aborted, Conflict, TimedOut } from '../errors.js';
import { testEnvironment } from '../runs/testing/environment.js';
import { waitUntil } from '../wait.js';
import { sideBySide } from './side-by-side.js';

interface Broken {
  readonly kind: 'Broken';
  readonly service: string;
}

/** Breaks after some seconds, or waits for ever where there are none. */
function act(env: Environment, [service, breaksAfter]: readonly [string, number | null]): ResultAsync<string, Broken | Aborted | TimedOut | Conflict> {
  const startedAt = env.clock.now();
  return waitUntil<string, Broken, never>(env, {
    waitingFor: service,
    timeoutSeconds: 3600,
    intervalSeconds: 3,
    probe: () => {
      const broken = breaksAfter !== null && env.clock.now() - startedAt >= breaksAfter * 1000;
      return okAsync(broken ? { status: 'failed' as const, error: { kind: 'Broken' as const, service } } : { status: 'pending' as const, seen: 'not yet' });
    },
  });
}

describe('sideBySide', () => {
  it('tells the first failure, and does not wait an hour for the others', async () => {
    const { env, clock } = testEnvironment();
    const startedAt = clock.now();
    const error = (await sideBySide(env, [['jobs', null], ['web', 60], ['office', 300]] as const, act))._unsafeUnwrapErr();
    expect(error).toEqual({ kind: 'Broken', service: 'web' });
    expect((clock.now() - startedAt) / 1000).toBeLessThan(70);
  });

  it('answers only when all have ended', async () => {
    const { env } = testEnvironment();
    const ended: string[] = [];
    const end = async (together: Environment, name: string) => {
      await env.clock.sleep(5_000);
      ended.push(`${name}, aborted: ${String(together.signal.aborted)}`);
      return ok<void, string>(undefined);
    };
    const slowEnd = (together: Environment, name: string): ResultAsync<void, string> => (name === 'web' ? errAsync('broken') : new ResultAsync(end(together, name)));
    expect((await sideBySide(env, ['jobs', 'web'], slowEnd))._unsafeUnwrapErr()).toBe('broken');
    expect(ended).toEqual(['jobs, aborted: true']);
  });

  it('answers with everything in order when nothing fails', async () => {
    const { env } = testEnvironment();
    expect((await sideBySide(env, [1, 2, 3], (_, one) => okAsync(one * 2)))._unsafeUnwrap()).toEqual([2, 4, 6]);
    expect(env.signal.aborted).toBe(false);
  });

  it('is ended by the environment’s own signal', async () => {
    const { env, abort } = testEnvironment();
    abort.abort();
    expect((await sideBySide(env, [['jobs', null]] as const, act))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: 'jobs' });
  });
});
