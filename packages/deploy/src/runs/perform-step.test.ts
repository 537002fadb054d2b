import { err, errAsync, ok, okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { defineRecipe } from './define-recipe.js';
import { asError, asObject, guarded, summaryOf } from './perform-step.js';
import { changing, testEnvironment } from './testing/environment.js';

describe('guarded', () => {
  it('gives the result of the call as it is', async () => {
    expect([await guarded('look', () => okAsync(1)), await guarded('look', () => errAsync('no'))]).toEqual([ok(1), err('no')]);
  });

  it.each<readonly [unknown, string]>([
    [undefined, 'nothing'],
    [7, '7 (number)'],
    [{ isOk: () => true }, 'one (object)'],
  ])('says what to return instead of %j', async (returned, got) => {
    const message = `expected a Result, such as ok(report), got ${got}`;
    expect((await guarded('look', () => Promise.resolve(returned as never)))._unsafeUnwrapErr()).toEqual({
      kind: 'Unexpected',
      operation: 'look',
      message: `look returned no Result: ${message}`,
      remedy: 'Return ok(report) where it went well, and err(error) where it did not; what a step is given returns a ResultAsync.',
      cause: { name: 'TypeError', message },
    });
  });

  it('says what was thrown, and how a step gives its errors', async () => {
    const throwing = () => {
      throw new RangeError('too far');
    };
    expect((await guarded('look', throwing))._unsafeUnwrapErr()).toEqual({
      kind: 'Unexpected',
      operation: 'look',
      message: 'look threw RangeError: too far',
      remedy: 'A step gives its errors as values: whatever can throw goes through fromThrowable or fromPromise. If the step is of this library, this is a defect of it.',
      cause: { name: 'RangeError', message: 'too far' },
    });
  });
});

describe('a step of a run that was aborted', () => {
  it('is not begun, and says how to go on', async () => {
    const { env, abort } = testEnvironment();
    const recipe = defineRecipe('aborted', async function* (run, _: object) {
      yield* run.step('first', (env) => changing({})(env).map(() => (abort.abort(), {})));
      yield* run.step('second', changing({}));
      return ok(null);
    });
    expect((await recipe(env, {}))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Aborted',
      waitingFor: 'step second to begin',
      message: 'aborted before step second began',
      remedy: 'Nothing is undone by an abort: read the state, then resume the run or release its hold.',
    });
  });
});

describe('what any error says of itself', () => {
  it.each<readonly [unknown, object]>([
    ['no', { kind: 'Failed', message: 'no', remedy: '' }],
    [null, { kind: 'Failed', message: 'null', remedy: '' }],
    [{ kind: 'Own' }, { kind: 'Own', message: '[object Object]', remedy: '' }],
    [{ kind: 'Own', message: 'no', remedy: 'yes', more: [1] }, { kind: 'Own', message: 'no', remedy: 'yes', more: [1] }],
    [{ kind: 'Own', message: 'no', at: new Date(0) }, { kind: 'Own', message: 'no', remedy: '' }],
  ])('%j: its kind, message and remedy, and what else of it is JSON', (error, expected) => {
    expect(asError(error)).toEqual(expected);
  });

  it('is added to nothing that is an object already, but for an Error, whose message a copy would lose', () => {
    const own = { kind: 'Own', message: 'no', at: new Date(0) };
    expect(asObject(own)).toBe(own);
    expect([asObject('no'), asObject(null)]).toEqual([{ kind: 'Failed', message: 'no', remedy: '' }, { kind: 'Failed', message: 'null', remedy: '' }]);
    expect(asObject(Object.assign(new Error('no'), { at: 1n }))).toEqual({ at: 1n, kind: 'Failed', message: 'no', remedy: '' });
  });
});

describe('summaryOf', () => {
  it.each([
    [{ summary: 'done' }, 'done'],
    [{ summary: 7 }, ''],
    [{}, ''],
    [null, ''],
    ['summary', ''],
    [undefined, ''],
  ])('of %j is %j', (report, expected) => {
    expect(summaryOf(report)).toBe(expected);
  });
});
