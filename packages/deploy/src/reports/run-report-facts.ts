import type { RunReport } from '../runs/run-report.js';
import { durationText } from './render-event.js';
import { leftText } from './render-failure.js';

/** `succeeded`, `failed, held as it is: …`, `not ended`: how a run is headed. */
export function outcomeOf({ outcome, situation, released }: RunReport): string {
  if (outcome === 'succeeded') return 'succeeded';
  const state = outcome === 'not-ended' ? 'not ended' : `failed${situation === null ? '' : `, ${leftText[situation.left]}`}`;
  return released === null ? state : `${state.split(',')[0]}, and was let go of`;
}

/** What people ask first of a run: name and value, those that are known. */
export function factsOf(report: RunReport): readonly (readonly [string, string])[] {
  const { run, startedAt, seconds, attempts, window, versions, restorePoint, hold, released, failure, outcome, situation, library } = report;
  const [first, ...later] = attempts;
  const before = Object.entries(versions.before).map(([service, version]) => `${service} ${version}`).join(', ');
  const rows: readonly (readonly [string, string | null])[] = [
    ['run', run],
    ['began', `${timeText(startedAt)}${first === undefined ? '' : `, by ${first.actor}`}`],
    ...later.map(({ at, actor }) => ['continued', `${timeText(at)}, by ${actor}`] as const),
    ['lasted', seconds === null ? null : durationText(seconds)],
    ['visitors kept out', windowText(window)],
    ['version found', before === '' ? null : before],
    ['version deployed', versions.deployed],
    ['database migrated to', versions.migrated],
    ['restore point', restorePoint],
    ['failed before', outcome === 'succeeded' && failure !== null ? `${failure.step}: ${failure.message}` : null],
    ['state', situation === null ? null : `${situation.state}, maintenance ${situation.maintenance}, schema ${situation.schema}`],
    ['held', hold === null ? null : `since ${timeText(hold.since)}`],
    ['let go of', released === null ? null : `${timeText(released.at)}, by ${released.actor}: ${released.reason}`],
    ['library', library],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}

function windowText(window: RunReport['window']): string | null {
  if (window === null) return null;
  const { closedAt, openedAt, seconds } = window;
  return openedAt === null || seconds === null ? `since ${timeText(closedAt)}` : `${durationText(seconds)}, from ${timeText(closedAt)} to ${timeText(openedAt)}`;
}

/** `2026-11-23 08:00:05 UTC` */
export function timeText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** Seconds as people read them; empty where it is not over. */
export function lastedText(seconds: number | null): string {
  return seconds === null ? '' : durationText(seconds);
}

export const stepGlyphs = { done: '✓', failed: '✗', open: '▸' } as const;
