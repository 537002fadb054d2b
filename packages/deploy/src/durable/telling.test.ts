import { describe, expect, it } from 'vitest';
import type { DeployEvent, DeployEventBody } from '../reports/events.js';
import type { SuspendedAt } from '../runs/suspension.js';
import { tellNews } from './telling.js';

const stepStarted = (step: string): DeployEventBody => ({ type: 'step-started', step });
const replayed = (step: string): DeployEventBody => ({ type: 'step-succeeded', step, seconds: 1, summary: '', replayed: true });
const log = (line: string): DeployEventBody => ({ type: 'log', source: 'migrate', line });
const warning = (message: string): DeployEventBody => ({ type: 'warning', message });

function tell(at: SuspendedAt | null, bodies: readonly DeployEventBody[]) {
  const told: DeployEvent[] = [];
  const telling = tellNews([{ report: () => Promise.reject(new Error('broken')) }, { report: (event) => void told.push(event) }], at);
  for (const body of bodies) telling.reporters.forEach((each) => void each.report({ at: '', environment: 'dev', runId: 'r', ...body }));
  const { lines, messages } = telling.told();
  return { told: told.map((event) => ('step' in event ? `${event.type} ${event.step}` : 'line' in event ? event.line : 'message' in event ? event.message : event.type)), lines, messages };
}

describe('what the parts of a run tell', () => {
  it('is everything in the first', () => {
    expect(tell(null, [stepStarted('a'), warning('careful'), log('1'), log('1')])).toEqual({ told: ['step-started a', 'careful', '1', '1'], lines: { migrate: 2 }, messages: ['careful'] });
  });

  it('is in a later one nothing that was told before, and everything of the steps that follow', () => {
    const at: SuspendedAt = { step: 'b', waits: [], told: { lines: { migrate: 2 }, messages: ['careful'] }, seconds: 15 };
    const bodies = [stepStarted('a'), replayed('a'), stepStarted('b'), warning('careful'), log('1'), log('1'), log('2'), warning('careful now')];
    expect(tell(at, bodies)).toEqual({ told: ['2', 'careful now'], lines: { migrate: 3 }, messages: ['careful', 'careful now'] });
    expect(tell(at, [stepStarted('b'), stepStarted('c'), warning('careful'), log('1')])).toEqual({ told: ['step-started c', 'careful', '1'], lines: { migrate: 1 }, messages: ['careful'] });
  });
});
