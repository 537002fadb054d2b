import type { RunReport, RunReportStep } from '../runs/run-report.js';

const at = (time: string) => `2026-11-23T${time}.000Z`;

function step(name: string, from: string, seconds: number | null, more: Partial<RunReportStep> = {}): RunReportStep {
  const startedAt = at(from);
  const endedAt = seconds === null ? null : new Date(Date.parse(startedAt) + seconds * 1000).toISOString();
  return { name, puttingBack: false, status: seconds === null ? 'open' : 'done', startedAt, endedAt, seconds, changed: true, summary: '', waits: [], ...more };
}

/** A release of half an hour that went well. */
export const succeededRun: RunReport = {
  run: '20261123-080000-k3f9',
  recipe: 'deployWithMigration',
  environment: 'dev',
  library: '1.2.3',
  options: { version: 'v1.55.0' },
  outcome: 'succeeded',
  summary: 'v1.55.0 is deployed and the database migrated; visitors are let in',
  startedAt: at('08:00:00'),
  endedAt: at('08:30:00'),
  seconds: 1800,
  attempts: [{ at: at('08:00:00'), actor: 'anna@laptop' }],
  steps: [
    step('gate-on', '08:00:00', 5),
    step('await-drained', '08:00:05', 300, { waits: [{ waitingFor: 'visitors to leave', seconds: 240, startedAt: at('08:01:05'), endedAt: at('08:05:05') }] }),
    step('run-migration', '08:05:05', 1200, { waits: [{ waitingFor: 'task migrate-1 to stop', seconds: 1190, startedAt: null, endedAt: null }] }),
    step('gate-off', '08:29:50', 10),
  ],
  window: { closedAt: at('08:00:05'), openedAt: at('08:30:00'), seconds: 1795 },
  versions: { before: { graasp: 'v1.54.8' }, deployed: 'v1.55.0', migrated: 'v1.55.0' },
  restorePoint: 'graasp-dev-v1-55-0',
  failure: null,
  situation: null,
  hold: null,
  released: null,
  nextActions: [],
};

const nextActions = [{ text: 'Once the cause is gone, continue at run-migration', command: 'npx tsx release.ts --resume 20261123-080000-k3f9 --and-a-flag-that-makes-this-longer-than-a-line' }];

/** The same, but its migration failed, for reasons that somebody else worded. */
export const heldRun: RunReport = {
  ...succeededRun,
  outcome: 'failed',
  summary: '',
  endedAt: at('08:06:00'),
  seconds: 360,
  steps: [...succeededRun.steps.slice(0, 2), step('run-migration', '08:05:05', 50, { status: 'failed', summary: 'it said <script>alert("1")</script> | and \u001b[31mred\u001b[0m' })],
  window: { closedAt: at('08:00:05'), openedAt: null, seconds: null },
  versions: { before: { graasp: 'v1.54.8' }, deployed: null, migrated: null },
  failure: { step: 'run-migration', kind: 'MigrationFailed', message: 'it said <script>alert("1")</script> | and \u001b[31mred\u001b[0m', remedy: 'Read the lines.', lastLines: ['adding a column …', '<b>refused</b>'], databaseErrors: ['ERROR:  could not create unique index'] },
  situation: { step: 'run-migration', state: 'db-only', maintenance: 'on', schema: 'unknown', left: 'hold', nextActions },
  hold: { since: at('08:06:00'), reason: 'run-migration failed' },
  nextActions,
};
