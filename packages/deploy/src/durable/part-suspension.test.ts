import { err, errAsync, okAsync, ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { testEnvironment, testRun } from '../environment/environment.fixture.js';
import { type Environment, internals, type RunHandle } from '../environment/environment.js';
import { testClock } from '../runs/testing/clock.js';
import { type Probe, waitUntil } from '../wait.js';
import { partSuspension } from './part-suspension.js';
import { tellNews } from './telling.js';

const lockLost = { kind: 'LockLost', message: 'run r2 has it', remedy: 'Leave it.' } as const;

/** A step of a run whose invocation is nearly over: every wait of it is to be left. */
function inPart(suspend: RunHandle['suspend']) {
  const env = testEnvironment({ internals: { run: { ...testRun(), suspend } } });
  const suspension = partSuspension(env, { run: 'run-1', execution: 'arn:execution', number: 1, at: null, remainingMs: 0, telling: tellNews([], null) });
  const inStep: Environment = { ...env, [internals]: { ...env[internals], suspension } };
  const wait = (waitingFor: string, probe: () => ResultAsync<Probe<string, never>, never>) => waitUntil(inStep, { waitingFor, timeoutSeconds: 600, intervalSeconds: 10, probe });
  return { env, suspension, wait };
}

const pending: Probe<string, never> = { status: 'pending', seen: 'not yet' };

describe('partSuspension', () => {
  it('lets every wait go on when the run could not be left, also those that came to it meanwhile', async () => {
    let lose: () => void = () => undefined;
    let suspends = 0;
    const { wait } = inPart(() => {
      suspends += 1;
      return suspends > 1 ? errAsync(lockLost) : new ResultAsync<void, typeof lockLost>(new Promise<void>((resolve) => (lose = resolve)).then(() => err(lockLost)));
    });
    const looks = { one: 0, other: 0 };
    const twice = (name: keyof typeof looks) => () => okAsync<Probe<string, never>>((looks[name] += 1) > 1 ? { status: 'done', value: name } : pending);
    const waits = Promise.all([wait('one', twice('one')), wait('other', twice('other'))]);
    await turns();
    expect(looks).toEqual({ one: 1, other: 1 });
    lose();
    expect(await Promise.race([waits.then((ended) => ended.map((result) => result._unsafeUnwrap())), turns()])).toEqual(['one', 'other']);
  });

  it('takes no answer that comes once the run was left: whoever goes on with it looks again', async () => {
    const { wait, suspension } = inPart(() => okAsync(undefined));
    let answer: (probe: Probe<string, never>) => void = () => undefined;
    let ended = false;
    const other = wait('other', () => new ResultAsync(new Promise<Probe<string, never>>((resolve) => (answer = resolve)).then((probe) => okAsync(probe)))).map(() => (ended = true));
    void wait('one', () => okAsync(pending));
    expect((await suspension.suspended).waits.map(({ waitingFor }) => waitingFor)).toEqual(['other', 'one']);
    answer({ status: 'done', value: 'seen' });
    expect(await Promise.race([other, turns()])).toBeUndefined();
    expect(ended).toBe(false);
  });
});

/** Whatever needs no time has come by then. */
const turns = () => testClock().advance(0);
