import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import type { Environment } from '../environment/environment.js';
import type { Aborted } from '../errors.js';
import { withinTime } from './within-time.js';

const limit = { waitingFor: 'tea', timeoutSeconds: 5, remedy: 'Wait longer.', seen: () => 'water' };
const aborted: Aborted = { kind: 'Aborted', waitingFor: 'x', message: 'aborted', remedy: '' };
const untilAborted = ({ signal }: Environment) => new ResultAsync<string, Aborted>(new Promise((resolve) => signal.addEventListener('abort', () => resolve(errAsync<string, Aborted>(aborted)))));
const late = { now: () => 0, random: () => 0, sleep: () => Promise.resolve() };

it('is what was done in time', async () => {
  expect((await withinTime(testEnvironment(), limit, () => okAsync('tea')))._unsafeUnwrap()).toBe('tea');
  expect((await withinTime(testEnvironment(), limit, () => errAsync(aborted)))._unsafeUnwrapErr()).toEqual(aborted);
});

it('is TimedOut when the time is over, and tells what was seen', async () => {
  expect((await withinTime({ ...testEnvironment(), clock: late }, limit, untilAborted))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'tea', lastSeen: 'water', timeoutSeconds: 5, message: 'tea: not within 5 s; last seen: water' });
});

it('is Aborted when the environment is', async () => {
  const abort = new AbortController();
  const ending = withinTime(testEnvironment({ signal: abort.signal }), limit, untilAborted);
  abort.abort();
  expect((await ending)._unsafeUnwrapErr().kind).toBe('Aborted');
});
