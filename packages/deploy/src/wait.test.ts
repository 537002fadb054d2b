import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { testEnvironment, testRun } from './environment/environment.fixture.js';
import type { Throttled } from './errors.js';
import { testEnvironment as runEnvironment } from './runs/testing/environment.js';
import { waitUntil, type Probe, type WaitPolicy } from './wait.js';

const pending = (seen: string): Probe<string, never> => ({ status: 'pending', seen });
const done: Probe<string, never> = { status: 'done', value: 'value' };
const throttled: Throttled = { kind: 'Throttled', operation: 'ecs:DescribeServices', message: 'slow', remedy: 'wait' };

/** Answers one after the other, then the last for ever. */
function policy<E = never>(answers: readonly Probe<string, E>[], more: Partial<WaitPolicy<string, E, never>> = {}): WaitPolicy<string, E, never> {
  let next = 0;
  return { waitingFor: 'something', timeoutSeconds: 60, intervalSeconds: 2, probe: () => okAsync(answers[Math.min(next++, answers.length - 1)]!), ...more };
}

describe('waitUntil', () => {
  it('probes until done, and tells only what changed', async () => {
    const env = testEnvironment();
    expect(await waitUntil(env, policy([pending('1 task'), pending('1 task'), pending('no task'), done]))).toEqual(okValue('value'));
    expect(env.events).toEqual([
      { type: 'waiting', waitingFor: 'something', seen: '1 task', timeoutSeconds: 60 },
      { type: 'waiting', waitingFor: 'something', seen: 'no task', timeoutSeconds: 60 },
      { type: 'wait-ended', waitingFor: 'something', seconds: 6 },
    ]);
  });

  it('tells when it can be over at the earliest, and again when that changes', async () => {
    const env = testEnvironment();
    const at = (seconds: number) => ({ ...pending('1 task'), earliestEnd: env.clock.time + seconds * 1000 });
    const [first, later] = [at(30), at(90)];
    expect(await waitUntil(env, policy([first, first, later, done]))).toEqual(okValue('value'));
    expect(env.events.filter(({ type }) => type === 'waiting')).toMatchObject([
      { earliestEndAt: '2026-11-23T10:00:30.000Z', secondsLeft: 30 },
      { earliestEndAt: '2026-11-23T10:01:30.000Z', secondsLeft: 86 },
    ]);
  });

  it('says nothing when there is nothing to wait for', async () => {
    const env = testEnvironment();
    expect((await waitUntil(env, policy([done]))).isOk()).toBe(true);
    expect(env.events).toEqual([]);
  });

  it('ends at once when waiting will not cure it', async () => {
    const env = testEnvironment();
    const started = env.clock.time;
    expect((await waitUntil(env, policy<string>([{ status: 'failed', error: 'broken' }])))._unsafeUnwrapErr()).toBe('broken');
    expect(env.clock.time).toBe(started);
  });

  it('ends with the probe’s own error', async () => {
    const denied = { kind: 'AccessDenied' } as const;
    expect((await waitUntil(testEnvironment(), { ...policy([]), probe: () => errAsync(denied) }))._unsafeUnwrapErr()).toBe(denied);
  });

  it('takes a throttled probe for pending, and asks less often after it', async () => {
    const env = testEnvironment();
    const times: number[] = [];
    const probe = () => {
      times.push(env.clock.time);
      return times.length < 4 ? errAsync(throttled) : okAsync(done);
    };
    expect((await waitUntil(env, { ...policy([]), probe })).isOk()).toBe(true);
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([4_000, 8_000, 16_000]);
  });

  it('ends soon after its time when a look is never answered', async () => {
    const { env, clock } = runEnvironment();
    const waiting = waitUntil(env, { ...policy([]), probe: () => new ResultAsync<never, never>(new Promise(() => undefined)) });
    await clock.advance(121);
    expect((await waiting)._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: 'nothing yet, and the last look at it was not answered' });
  });

  it('ends at once when it is aborted while a look is not answered', async () => {
    const { env, abort } = runEnvironment();
    const waiting = waitUntil(env, { ...policy([]), probe: () => new ResultAsync<never, never>(new Promise(() => undefined)) });
    abort.abort();
    expect((await waiting)._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: 'something' });
  });

  it('times out with what was seen last, after one more look', async () => {
    const env = testEnvironment();
    let probes = 0;
    const probe = () => {
      probes += 1;
      return okAsync(pending(`look ${probes}`));
    };
    expect((await waitUntil(env, { ...policy([]), timeoutSeconds: 3, probe }))._unsafeUnwrapErr()).toEqual({
      kind: 'TimedOut',
      waitingFor: 'something',
      lastSeen: 'look 3',
      timeoutSeconds: 3,
      message: 'something: not within 3 s; last seen: look 3',
      remedy: 'Find out what holds it up; if it only needs longer, call again with a greater timeoutSeconds.',
    });
  });

  it.each([
    [7_200_000, 'the clock of this machine jumped 7200 s forward (it slept, or its clock was set)'],
    [-600_000, 'the clock of this machine jumped 600 s back (its clock was set)'],
  ])('does not count a jump of the clock by %i ms, and tells of it when the time is over', async (jumpMs, told) => {
    const env = testEnvironment();
    const steady = env.clock.time;
    let jumped = 0;
    Object.assign(env.clock, { now: () => env.clock.time + jumped, steady: () => env.clock.time - steady });
    let probes = 0;
    const probe = () => {
      probes += 1;
      if (probes === 2) jumped = jumpMs;
      return okAsync(pending('1 task'));
    };
    expect((await waitUntil(env, { ...policy([]), timeoutSeconds: 10, probe }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'TimedOut',
      message: `something: not within 10 s; last seen: 1 task; ${told} meanwhile, which is not counted`,
    });
    expect(env.clock.time - steady).toBe(10_000);
    expect(env.events.filter(({ type }) => type === 'warning')).toEqual([{ type: 'warning', message: `${told}. That is not counted as waiting.` }]);
  });

  it('has as long as ever left when a machine wakes up that counts its sleep', async () => {
    const env = testEnvironment();
    const { sleep } = env.clock;
    let sleeps = 0;
    env.clock.sleep = (ms, signal) => sleep((sleeps += 1) === 2 ? ms + 7_200_000 : ms, signal);
    const looks = [pending('a'), pending('b'), pending('c'), pending('d'), done];
    expect((await waitUntil(env, policy(looks, { timeoutSeconds: 10 }))).isOk()).toBe(true);
  });

  it('is done when the last look, as the time is over, says so', async () => {
    expect((await waitUntil(testEnvironment(), policy([pending('a'), pending('b'), done], { timeoutSeconds: 3 }))).isOk()).toBe(true);
  });

  it.each(['environment', 'policy'])('is Aborted by the signal of the %s', async (whose) => {
    const controller = new AbortController();
    const env = testEnvironment(whose === 'environment' ? { signal: controller.signal } : {});
    const probe = () => {
      controller.abort();
      return okAsync(pending('1 task'));
    };
    const signal = whose === 'policy' ? { signal: controller.signal } : {};
    expect((await waitUntil(env, { ...policy([]), ...signal, probe }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: 'something' });
  });

  it('asks twice as often near the usual end, and tells how long it usually lasts', async () => {
    const run = { ...testRun(), usualSeconds: () => 10 };
    const env = testEnvironment({ internals: { run } });
    const times: number[] = [];
    const probe = () => {
      times.push(env.clock.time);
      return okAsync(times.length < 9 ? pending('x') : done);
    };
    expect((await waitUntil(env, { ...policy([]), probe })).isOk()).toBe(true);
    expect(times.slice(1).map((time, index) => time - times[index]!)).toEqual([2_000, 2_000, 2_000, 2_000, 2_000, 1_000, 1_000, 2_000]);
    expect(env.events[0]).toMatchObject({ usualSeconds: 10 });
  });

  it('waits for nothing in a plan: goes on with what is planned, else looks once', async () => {
    const env = testEnvironment({ planning: true });
    const startedAt = env.clock.time;
    expect(await waitUntil(env, policy([{ status: 'failed', error: { kind: 'NotAsked' } }], { planned: () => 'planned' }))).toEqual(okValue('planned'));
    expect(await waitUntil(env, policy([done]))).toEqual(okValue('value'));
    expect((await waitUntil(env, policy([pending('1 task'), done])))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: '1 task', message: 'something: a plan does not wait for it; seen: 1 task' });
    expect(env.clock.time).toBe(startedAt);
  });
});

function okValue<T>(value: T) {
  return expect.objectContaining({ value }) as unknown;
}
