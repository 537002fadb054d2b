import { describe, expect, it } from 'vitest';
import { factOf, type Journal, type JournalStep, mayHaveChanged } from './journal.js';
import { withStep, withStepOpened } from './journal-keeper.js';

const step = (changes: Partial<JournalStep>): JournalStep => ({ name: 'stop', startedAt: 'then', status: 'failed', changed: false, records: {}, waits: [], ...changes });
const journal = (steps: readonly JournalStep[], putBack: readonly JournalStep[] = []) => ({ run: 'r1', steps, putBack }) as unknown as Journal;
const open = (before: Journal, suspendedBefore = false) => withStepOpened('steps', 'stop', { startedAt: 'now', suspendedBefore })(before);

describe('a step that is begun', () => {
  const other = step({ name: 'close' });

  it('is entered after the others, with nothing done yet', () => {
    expect(open(journal([other]))).toEqual(journal([other, { name: 'stop', startedAt: 'now', status: 'open', changed: false, records: {}, waits: [] }]));
  });

  it('again keeps what it recorded and waited for, and tells of the attempt before', () => {
    const error = { kind: 'Broken', message: 'no', remedy: '' };
    const waits = [{ waitingFor: 'x', seconds: 1 }];
    const before = step({ seconds: 7, error, records: { key: 1 }, waits });
    expect(open(journal([other, before])).steps).toEqual([other, { name: 'stop', startedAt: 'now', status: 'open', seconds: 7, changed: false, error: undefined, records: { key: 1 }, waits, earlier: [{ startedAt: 'then', status: 'failed', seconds: 7, changed: false, error }] }]);
  });

  it('for the third time tells of both attempts before, in order', () => {
    const first = { startedAt: 'first', status: 'failed', seconds: 1, changed: false, error: undefined } as const;
    expect(open(journal([step({ earlier: [first] })])).steps[0]?.earlier?.map(({ startedAt }) => startedAt)).toEqual(['first', 'then']);
  });

  it.each<readonly [string, Partial<JournalStep>, boolean]>([
    ['had changed something', { changed: true }, true],
    ['had not, and failed', {}, false],
    ['was cut off, which may have without a word in the journal', { status: 'open' }, true],
  ])('again may have changed something where the attempt before %s', (_, before, changed) => {
    expect(open(journal([step(before)])).steps[0]?.changed).toBe(changed);
  });

  it('is as it was where its run was suspended in it, and begun again where it had failed before that', () => {
    const suspended = journal([step({ status: 'open' })]);
    expect(open(suspended, true)).toBe(suspended);
    expect(open(journal([step({})]), true).steps[0]?.startedAt).toBe('now');
  });
});

describe('withStep', () => {
  it('changes the step of that name in that list, and no other', () => {
    const changed = withStep('putBack', 'stop', (entry) => ({ ...entry, status: 'done' }))(journal([step({})], [step({}), step({ name: 'close' })]));
    expect([changed.steps, changed.putBack].map((list) => list.map(({ status }) => status))).toEqual([['failed'], ['done', 'failed']]);
  });
});

describe('what a journal tells', () => {
  it('of a fact is what the last step recorded that knows it', () => {
    const known = journal([step({ records: { gateClosed: 1 } }), step({ records: { gateClosed: 2 } }), step({})]);
    expect([factOf(known, 'gateClosed'), factOf(known, 'restorePoint')]).toEqual([2, undefined]);
  });

  it.each<readonly [readonly JournalStep[], boolean]>([
    [[], false],
    [[step({}), step({ status: 'done' })], false],
    [[step({ changed: true }), step({})], true],
    [[step({}), step({ status: 'open' })], true],
  ])('of %j is whether something may have been changed: %s', (steps, expected) => {
    expect(mayHaveChanged(steps)).toBe(expected);
  });
});
