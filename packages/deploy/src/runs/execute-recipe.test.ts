import { errAsync, ok, okAsync, type ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import type { Situation } from '../errors.js';
import { defineRecipe } from './define-recipe.js';
import { completed } from './execute-recipe.js';
import type { FailureRow } from './failure-action.js';
import { resume } from './resume.js';
import { changing, testEnvironment } from './testing/environment.js';

type Failing = () => ResultAsync<object, { readonly kind: string; readonly message: string; readonly remedy: string }>;

const broken: Failing = () => errAsync({ kind: 'Broken', message: 'it broke', remedy: '' });
const reopens: FailureRow<object> = { step: 'stop', does: 'reopen', leaves: 'as found' };

/** A recipe that changes something, and then fails in the step `stop`. */
const failsIn = (stop: Failing, failureTable: readonly FailureRow<object>[] = [reopens], first = 'change') =>
  defineRecipe('fails', async function* (run, _: object) {
    yield* run.step(first, changing({}));
    yield* run.step('stop', stop);
    return ok(null);
  }, { failureTable });

describe('what is done when a step fails', () => {
  it('is what the failure table says', async () => {
    const { env, events } = testEnvironment();
    expect((await failsIn(broken)(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'undoing', why: 'stop failed' }));
  });

  it.each<readonly [string, Failing]>([
    ['the run store failed', () => errAsync({ kind: 'RunStoreFailed', message: 'no space left', remedy: 'make some', store: 'memory' })],
    ['it was aborted', () => errAsync({ kind: 'Aborted', message: 'aborted', remedy: '', waitingFor: 'x' })],
  ])('is nothing but a hold where %s, whatever the table says', async (_, stop) => {
    const { env, events, store } = testEnvironment();
    expect((await failsIn(stop)(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'hold', step: 'stop' } });
    expect(events.filter(({ type }) => type === 'undoing')).toEqual([]);
    expect(JSON.parse((await store.read('dev/hold'))._unsafeUnwrap()!.body)).toMatchObject({ recipe: 'fails' });
  });

  it('is nothing but a hold once somebody has aborted, although the step fails for another reason', async () => {
    const { env, events, abort } = testEnvironment();
    const recipe = failsIn(() => {
      abort.abort();
      return broken();
    });
    expect((await recipe(env, {}))._unsafeUnwrapErr()).toMatchObject({ kind: 'Broken', situation: { left: 'hold' } });
    expect(events.filter(({ type }) => type === 'undoing')).toEqual([]);
  });

  it('is nothing where the run store failed before anything was changed', async () => {
    const { env, store } = testEnvironment();
    const recipe = defineRecipe('looks', async function* (run, _: object) {
      yield* run.step('stop', () => errAsync({ kind: 'RunStoreFailed' as const, message: 'no space left', remedy: '', store: 'memory' }));
      return ok(null);
    }, { failureTable: [reopens] });
    expect((await recipe(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'untouched' } });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it('is nothing but a hold where another recipe of that name goes on with the run, which would put back by its own steps', async () => {
    const { env, events, another } = testEnvironment();
    await failsIn(broken, [{ ...reopens, does: 'hold' }])(env, {});
    const later = another();
    expect((await resume(later.env, failsIn(broken, [reopens, { ...reopens, step: '1st' }, { ...reopens, step: 'change' }], '1st'), events[0]!.runId!))._unsafeUnwrapErr()).toMatchObject({ reason: 'recipe-changed', situation: { left: 'hold' } });
    expect(later.events.filter(({ type }) => type === 'undoing')).toEqual([]);
  });

  it('is nothing where all that was changed asks for nothing when it fails', async () => {
    const { env, store } = testEnvironment();
    expect((await failsIn(broken, [{ step: 'change', does: 'nothing', leaves: 'untouched' }, reopens])(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'untouched' } });
    expect((await store.read('dev/hold'))._unsafeUnwrap()).toBeNull();
  });

  it.each<readonly [string, Partial<FailureRow<object>>]>([
    ['with some options', { when: () => true }],
    ['with some schema', { schema: 'untouched' }],
    ['in another step', { step: 'other' }],
  ])('is what the table says where what was changed asks for nothing only %s', async (_, changes) => {
    const { env } = testEnvironment();
    const table: readonly FailureRow<object>[] = [{ step: 'change', does: 'nothing', leaves: 'untouched', ...changes }, { step: 'stop', does: 'hold', leaves: 'hold' }];
    expect((await failsIn(broken, table)(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { left: 'hold' } });
  });

  it('is told as of the step that failed, and as of the last one where the body fails by itself', async () => {
    const { env, another } = testEnvironment();
    const recipe = defineRecipe('by-itself', async function* (run, _: object) {
      yield* run.step('first', () => okAsync({}));
      yield* run.step('second', () => okAsync({}));
      return yield* errAsync({ kind: 'Own', message: 'no', remedy: '' });
    });
    expect((await recipe(env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { step: 'second' } });
    const none = defineRecipe('none', async function* (_run, _: object) {
      return yield* errAsync({ kind: 'Own', message: 'no', remedy: '' });
    });
    expect((await none(another().env, {}))._unsafeUnwrapErr()).toMatchObject({ situation: { step: 'none' } });
  });
});

describe('completed', () => {
  const situation: Situation = { step: 's', state: 'running', maintenance: 'off', schema: 'untouched', left: 'untouched', nextActions: [] };
  const error = { kind: 'Aborted', message: 'aborted', remedy: 'Resume the run.' };

  it('says of an abort that left nothing that there is nothing to resume, and of no other error', () => {
    expect(completed(error, 'r', situation, undefined)).toMatchObject({ runId: 'r', remedy: 'The environment is as it was: start again when it suits you.' });
    expect(completed({ ...error, kind: 'Broken' }, 'r', situation, undefined)).toMatchObject({ remedy: 'Resume the run.' });
    expect(completed(error, 'r', { ...situation, left: 'hold' }, undefined)).toMatchObject({ remedy: 'Resume the run.' });
  });

  it.each([
    ['it broke', 'it broke. And more.'],
    ['it broke.', 'it broke. And more.'],
    ['it broke!', 'it broke! And more.'],
    ['did it?', 'did it? And more.'],
  ])('adds a sentence to %j', (message, expected) => {
    expect(completed({ ...error, message }, 'r', situation, 'And more.')).toMatchObject({ message: expected });
  });
});
