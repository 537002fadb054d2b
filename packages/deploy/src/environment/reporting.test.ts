import { ok } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import type { Reporter } from '../reports/events.js';
import { defineRecipe } from '../runs/define-recipe.js';
import { changing, testEnvironment } from '../runs/testing/environment.js';
import { internals } from './environment.js';

const recipe = defineRecipe('recipe', async function* (run, _: object) {
  yield* run.step('first', changing({}));
  yield* run.step('second', changing({}));
  return ok('done');
});

const bad: Readonly<Record<string, Reporter>> = {
  throws: { report: () => { throw new Error('no terminal'); } },
  rejects: { report: () => Promise.reject(new Error('no network')) as never },
  'never answers': { report: () => new Promise(() => undefined) as never },
};

describe('a run', () => {
  it.each(Object.entries(bad))('goes on to its end beside a reporter that %s, and others are told all of it', async (_, reporter) => {
    const { env, events } = testEnvironment();
    const told = { ...env, [internals]: { ...env[internals], reporters: [...env[internals].reporters, reporter] } };
    expect((await recipe(told, {}))._unsafeUnwrap()).toBe('done');
    expect(events.map(({ type }) => type)).toEqual(['run-started', 'step-started', 'step-succeeded', 'step-started', 'step-succeeded', 'run-succeeded']);
  });
});
