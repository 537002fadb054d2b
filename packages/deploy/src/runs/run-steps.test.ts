import { err, errAsync, ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { defineRecipe } from './define-recipe.js';
import { changing, testEnvironment } from './testing/environment.js';

describe('the steps of a recipe', () => {
  it.each(['', 7, undefined])('need a name, and %j is none', async (name) => {
    const { env, store } = testEnvironment();
    const nameless = defineRecipe('nameless', async function* (run, _: object) {
      yield* run.step(name as string, changing({}));
      return ok(null);
    });
    expect((await nameless(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['name: expected a name'], situation: { left: 'untouched' } });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  const failingWith = (error: unknown) =>
    defineRecipe('failing', async function* (run, _: object) {
      yield* run.step('broken', () => errAsync(error as { readonly message: string }));
      return ok(null);
    });

  class HttpError extends Error {
    readonly status = 502;
  }

  it.each<[string, unknown, object]>([
    ['a text', 'the probe said no', { kind: 'Failed', message: 'the probe said no', remedy: '' }],
    ['an Error, whose message is no field of its own', new TypeError('x is undefined'), { kind: 'Failed', message: 'x is undefined', remedy: '' }],
    ['an Error with fields', new HttpError('bad gateway'), { kind: 'Failed', message: 'bad gateway', status: 502 }],
    ['an error with more than JSON in it', { message: 'late', at: new Date(0) }, { message: 'late', at: new Date(0) }],
  ])('may fail with %s: it is told as it is, with the run beside it', async (_, error, told) => {
    const { env, events } = testEnvironment();
    expect((await failingWith(error)(env, {}))._unsafeUnwrapErr()).toMatchObject({ ...told, runId: events[0]!.runId, situation: { step: 'broken', left: 'untouched' } });
    expect(events.find(({ type }) => type === 'step-failed')).toMatchObject({ message: (told as Error).message });
  });

  it('may be followed by an Err of the body’s own, whatever it is', async () => {
    const { env, events } = testEnvironment();
    const refusing = defineRecipe('refusing', async function* (run, _: object) {
      yield* run.step('look', () => okAsync({ summary: 7 }));
      return err('not on a Friday');
    });
    expect((await refusing(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Failed', message: 'not on a Friday', runId: events[0]!.runId, situation: { step: 'look' } });
    expect(events.find(({ type }) => type === 'step-succeeded')).toMatchObject({ step: 'look', summary: '' });
  });

  it('may throw whatever they like', async () => {
    const { env } = testEnvironment();
    const throwing = defineRecipe('throwing', async function* (run, _: object) {
      yield* run.step('broken', () => {
        throw 'a text' as unknown as Error;
      });
      return ok(null);
    });
    expect((await throwing(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', message: 'broken threw thrown: a text', cause: { name: 'thrown', message: 'a text' } });
  });
});
