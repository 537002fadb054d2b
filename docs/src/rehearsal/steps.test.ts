import type { DeployEvent, DeployEventBody } from '@graasp/deploy';
import { describe, expect, it } from 'vitest';
import { durationText, type RunLook, withEvent } from './steps';

const runOf = (...events: readonly DeployEventBody[]): RunLook | null =>
  events.map((body, second): DeployEvent => ({ at: new Date(second * 1000).toISOString(), environment: 'shop', runId: 'run', ...body })).reduce<RunLook | null>(withEvent, null);

const begun: DeployEventBody = { type: 'run-started', recipe: 'deployWithMigration', resumed: false, steps: ['gate-on', 'snapshot-db', 'gate-off'] };

describe('withEvent', () => {
  it('tells a step that puts back from the step of the recipe with its name, and forgets those that were ahead', () => {
    const run = runOf(begun, { type: 'step-started', step: 'snapshot-db' }, { type: 'step-failed', step: 'snapshot-db', seconds: 3, message: 'it failed', remedy: '' }, { type: 'undoing', why: 'snapshot-db failed' }, { type: 'step-started', step: 'snapshot-db' });
    expect(run?.steps.map(({ name, undoes, status }) => [name, undoes, status])).toEqual([['snapshot-db', false, 'failed'], ['snapshot-db', true, 'open']]);
  });

  it('shows what the open step waits for now, until that is over', () => {
    const waiting = (seen: string): DeployEventBody => ({ type: 'waiting', waitingFor: 'the snapshot', seen, timeoutSeconds: 60 });
    const open = runOf(begun, { type: 'step-started', step: 'snapshot-db' }, waiting('1 %'), waiting('2 %'));
    expect(open?.steps[1]?.waits.map(({ seen }) => seen)).toEqual(['2 %']);
    const over = runOf(begun, { type: 'step-started', step: 'snapshot-db' }, waiting('1 %'), { type: 'wait-ended', waitingFor: 'the snapshot', seconds: 1 });
    expect(over?.steps[1]?.waits).toEqual([]);
  });

  it('is nothing before a run begins', () => {
    expect(runOf({ type: 'note', message: 'connected' })).toBeNull();
  });
});

describe('durationText', () => {
  it('tells seconds, and minutes with their seconds', () => {
    expect([0.4, 59, 61, 312].map(durationText)).toEqual(['0 s', '59 s', '1 min 01 s', '5 min 12 s']);
  });
});
