import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Situation } from '../errors.js';
import type { DeployEvent, DeployEventBody } from './events.js';
import { eventAt } from './events.fixture.js';
import { githubReporter } from './github-reporter.js';

const directory = mkdtempSync(join(tmpdir(), 'github-reporter-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;

/** A reporter, and what the runner would get of it. */
function start(variables: Readonly<Record<string, string>> = { GITHUB_ACTIONS: 'true' }) {
  files += 1;
  const [summary, output] = [join(directory, `summary-${files}`), join(directory, `output-${files}`)];
  writeFileSync(summary, '');
  writeFileSync(output, '');
  let log = '';
  const reporter = githubReporter({ write: (text) => (log += text), variables: { ...variables, GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output } });
  return {
    reporter,
    report: (...events: readonly DeployEvent[]) => events.forEach((event) => reporter.report(event)),
    lines: () => log.trimEnd().split('\n'),
    summaryPath: summary,
    summary: () => readFileSync(summary, 'utf8'),
    outputs: () => Object.fromEntries([...readFileSync(output, 'utf8').matchAll(/^(.+?)<<(.+)\n([^]*?)\n\2\n/gm)].map(([, name = '', , value = '']) => [name, value])) as Readonly<Record<string, string>>,
  };
}

const nextActions = [{ text: 'Once the cause is gone, continue', command: 'gh workflow run resume.yml -f run=r1' }];
const situation: Situation = { step: 'run-migration', state: 'db-only', maintenance: 'on', schema: 'unknown', left: 'hold', restorePoint: 'shop-1', nextActions };
const error = { kind: 'MigrationFailed', message: 'it exited with 1', remedy: 'Read the lines.' };
const begins = eventAt(0, { type: 'run-started', recipe: 'deployWithMigration', resumed: false, steps: ['gate-on', 'run-migration', 'gate-off'], resumedBy: { text: 'Continue the run', command: 'gh workflow run resume.yml -f run=r1' } });
const step = (at: number, name: string, report?: object): readonly DeployEvent[] => [
  eventAt(at, { type: 'step-started', step: name }),
  eventAt(at + 1, { type: 'step-succeeded', step: name, seconds: 1, summary: '', replayed: false, report: report as never }),
];
const closed = { maintenance: 'on', provenAt: '2026-11-23T08:00:01.000Z', rulesChanged: ['rule 1'] };
const opened = { maintenance: 'off', provenAt: '2026-11-23T08:02:31.400Z', rulesChanged: ['rule 1'] };
const fails: readonly DeployEvent[] = [
  eventAt(9, { type: 'step-failed', step: 'run-migration', seconds: 5, message: 'it exited with 1', remedy: 'Read the lines.' }),
  eventAt(9, { type: 'hold-set', reason: 'run-migration failed: it exited with 1', nextActions }),
  eventAt(9, { type: 'run-failed', recipe: 'deployWithMigration', seconds: 9, error, situation }),
];

describe('the log of githubReporter', () => {
  it('has a group a step, and what became of it below, where it is seen while it is folded', () => {
    const { report, lines } = start();
    report(begins, ...step(0, 'gate-on'));
    expect(lines()).toEqual(['run r1: deployWithMigration begins on dev', '::group::gate-on', '::endgroup::', 'gate-on ✓ 1 s']);
  });

  it('is told also where neither summary nor outputs can be written', () => {
    let log = '';
    const nowhere = join(directory, 'not-there', 'file');
    const reporter = githubReporter({ write: (text) => (log += text), variables: { GITHUB_STEP_SUMMARY: nowhere, GITHUB_OUTPUT: nowhere } });
    for (const event of [begins, ...fails]) reporter.report(event);
    expect(log).toContain('::error title=MigrationFailed in run-migration::it exited with 1');
  });

  it('gives the outputs also where the summary cannot be written', () => {
    const output = join(directory, 'output-alone');
    const reporter = githubReporter({ write: () => undefined, variables: { GITHUB_STEP_SUMMARY: join(directory, 'not-there', 'file'), GITHUB_OUTPUT: output } });
    for (const event of [begins, ...fails]) reporter.report(event);
    expect(readFileSync(output, 'utf8')).toMatch(/^run<<.*\nr1\n[^]*^left<<.*\nhold\n/m);
  });

  it('tells once what a step says that was called by itself, whose error names no run', () => {
    const { report, lines, summary } = start();
    report(begins, ...fails, eventAt(9, { type: 'script-failed', error }));
    expect([lines().filter((line) => line.startsWith('::error ')).length, summary().match(/^## /gm)?.length]).toEqual([1, 1]);
  });

  it('tells a failure, what to do about it and the hold as annotations, on one line each', () => {
    const { report, lines } = start();
    report(begins, eventAt(4, { type: 'step-started', step: 'run-migration' }), ...fails);
    expect(lines().slice(-4)).toEqual([
      '::endgroup::',
      'run-migration ✗ it exited with 1',
      '::notice title=The environment is held::run-migration failed: it exited with 1%0AOnce the cause is gone, continue: gh workflow run resume.yml -f run=r1',
      '::error title=MigrationFailed in run-migration::it exited with 1%0AWhat to do: Read the lines.%0AOnce the cause is gone, continue: gh workflow run resume.yml -f run=r1',
    ]);
  });

  it('makes an annotation of a warning once, because the runner shows ten', () => {
    const { report, lines } = start();
    const warning = eventAt(1, { type: 'warning', message: '5 % left' });
    report(begins, warning, warning);
    expect(lines().slice(1)).toEqual(['::warning::5 %25 left', 'warning: 5 % left']);
  });

  it('lets no line of others command the runner', () => {
    const { report, lines } = start();
    report(begins, eventAt(1, { type: 'log', source: 'migrate', line: '##[add-mask]a' }), eventAt(1, { type: 'note', message: '::stop-commands::x' }));
    expect(lines().slice(1)).toEqual(['| ##\u200B[add-mask]a', ':\u200B:stop-commands::x']);
  });

  it('hides secrets where the runner reads, all of a text of several lines, and none that is too short to be one', () => {
    const { reporter, lines } = start();
    reporter.hide(['open-sesame', 'abc', 'two\nlines']);
    expect(lines()).toEqual(['::add-mask::open-sesame', '::add-mask::two%0Alines']);
  });

  it('prints no secret where something else reads', () => {
    const { reporter, lines } = start({});
    reporter.hide(['open-sesame']);
    expect(lines()).toEqual(['']);
  });
});

describe('the summary of githubReporter', () => {
  it('tells a release: versions, how long visitors were kept out, the restore point, steps', () => {
    const { report, summary } = start();
    const preflight = { checks: [{ group: 'services', name: 'running version of web', status: 'ok', detail: 'v1.54.7: web:3 with web web-latest' }] };
    report(
      begins,
      ...step(0, 'preflight', preflight),
      ...step(0, 'gate-on', closed),
      ...step(2, 'snapshot-db', { restorePoint: { snapshotId: 'shop-1', databaseTime: null } }),
      ...step(4, 'run-migration', { version: 'v1.54.8', schema: 'migrated' }),
      ...step(6, 'deploy-core', { version: 'v1.54.8', services: { web: { taskDefinition: 'web:4' } } }),
      ...step(150, 'gate-off', opened),
      eventAt(151, { type: 'run-succeeded', recipe: 'deployWithMigration', seconds: 151, summary: 'v1.54.8 is deployed' }),
    );
    expect(summary()).toBe(`## deployWithMigration on dev: succeeded

v1.54.8 is deployed

#### The run

|  |  |
| --- | --- |
| run | r1 |
| restore point | shop-1 |
| version found | web v1.54.7 |
| version deployed | v1.54.8 |
| database migrated to | v1.54.8 |
| visitors kept out | 2 min 30 s, from 2026-11-23 08:00:01 UTC to 2026-11-23 08:02:31 UTC |
| began | 2026-11-23 08:00:00 UTC |
| lasted | 2 min 31 s |

#### Steps

| step | lasted |  |
| --- | --- | --- |
| ✓ gate-on | 1 s |  |
| ✓ run-migration | 1 s |  |
| ✓ gate-off | 1 s |  |
| ✓ preflight | 1 s |  |
| ✓ snapshot-db | 1 s |  |
| ✓ deploy-core | 1 s |  |
`);
  });

  it('tells a failure as `renderFailureMarkdown` does, and since when visitors are kept out', () => {
    const { report, summary } = start();
    report(begins, ...step(0, 'gate-on', closed), eventAt(4, { type: 'step-started', step: 'run-migration' }), ...fails);
    expect(summary()).toMatch(/^## deployWithMigration on dev: failed, the environment is held\n\n### MigrationFailed in run-migration\n\nit exited with 1\n/);
    expect(summary()).toContain('| environment | db-only; held as it is: nothing else starts, migrates or opens it |');
    expect(summary()).toContain('| restore point | shop-1 |');
    expect(summary()).toContain('continue:\n\n```text\ngh workflow run resume.yml -f run=r1\n```');
    expect(summary()).toContain('| visitors kept out | since 2026-11-23 08:00:01 UTC |');
    expect(summary()).toContain('| ✗ run-migration | 5 s | it exited with 1 |\n| · gate-off |  |  |');
  });

  it('says at any moment what continues the run, in case it is the last: the process may be killed', () => {
    const { report, summary } = start();
    report(begins);
    expect(summary()).toContain('the process was killed before its first step and before it could say more.');
    report(...step(1, 'gate-on'));
    expect(summary()).toContain('the process was killed after gate-on and before it could say more.');
    report(eventAt(4, { type: 'step-started', step: 'run-migration' }));
    expect(summary()).toMatch(/^## deployWithMigration on dev: not ended\n/);
    expect(summary()).toContain('the process was killed in run-migration and before it could say more.');
    expect(summary()).toContain('Continue the run:\n\n```text\ngh workflow run resume.yml -f run=r1\n```');
    report({ ...eventAt(5, { type: 'interrupted', message: 'SIGINT: stopping. Once more ends the process at once.' }), environment: '', runId: null });
    expect(summary()).toMatch(/^## deployWithMigration on dev: cancelled, not ended\n\nThe process was told to end \(SIGINT\)\. If the job is over/);
    report(fails[0]!);
    expect(summary()).toContain('the process was killed after run-migration had failed and before it could say more.');
    report(...fails);
    expect(summary()).toMatch(/^## deployWithMigration on dev: cancelled, the environment is held\n/);
  });

  it('knows of a resumed run what was done before', () => {
    const { report, summary } = start();
    report({ ...begins, resumed: true } as DeployEvent, eventAt(90, { type: 'step-started', step: 'gate-on' }), eventAt(90, { type: 'step-succeeded', step: 'gate-on', seconds: 1, summary: '', replayed: true, report: closed as never }));
    expect(summary()).toContain('| visitors kept out | since 2026-11-23 08:00:01 UTC |');
    expect(summary()).toContain('| ✓ gate-on |  | done before |');
  });

  it('counts no time for a gate that was closed before the run', () => {
    const { report, summary } = start();
    report(begins, ...step(0, 'gate-on', { ...closed, rulesChanged: [] }), ...step(150, 'gate-off', opened));
    expect(summary()).not.toContain('visitors kept out |');
  });

  it('takes nothing amiss that the caller’s own steps report', () => {
    const { report, summary } = start();
    for (const own of [null, 'text', [], { checks: [{ check: 'home', message: 'seen' }], from: 3, version: 7, services: [], restorePoint: 'shop-1', nextActions: ['call'] }, { checks: null, maintenance: 'on' }]) report(begins, ...step(0, 'own', own as object));
    expect(summary().match(/✓ own/g)).toHaveLength(5);
  });

  it('has one run below the other, and what was written to the file before', () => {
    const { report, summary, summaryPath } = start();
    writeFileSync(summaryPath, '# Mine\n');
    report(begins, eventAt(1, { type: 'run-succeeded', recipe: 'deployWithMigration', seconds: 1, summary: 'first' }), begins, ...fails);
    expect(summary().match(/^#{1,2} .*$/gm)).toEqual(['# Mine', '## deployWithMigration on dev: succeeded', '## deployWithMigration on dev: failed, the environment is held']);
  });

  it('tells what a script failed with before any run began, and nothing twice', () => {
    const { report, summary, lines } = start();
    const failed = (failure: object): DeployEvent => ({ at: begins.at, environment: '', runId: null, type: 'script-failed', error: { ...error, ...failure } });
    report(failed({ kind: 'InvalidInput', message: 'connect was called with invalid input' }));
    expect(lines()).toEqual(['::error title=InvalidInput::connect was called with invalid input%0AWhat to do: Read the lines.']);
    expect(summary()).toBe('## Failed\n\n### InvalidInput\n\nconnect was called with invalid input\n\n#### What to do\n\nRead the lines.\n');
    report(begins, ...fails, failed({ runId: 'r1' }));
    expect(lines().filter((line) => line.startsWith('::error'))).toHaveLength(2);
    expect(summary().match(/MigrationFailed/g)).toHaveLength(1);
  });

  it.each([
    { what: 'a log', lastLines: 'x'.repeat(1_100_000) },
    { what: 'a log in another script', lastLines: 'é'.repeat(600_000) },
    { what: 'a message that is escaped', text: '|'.repeat(300_000) },
    { what: 'what was there before', before: 'x'.repeat(1_048_000) },
  ])('is never longer than the runner takes, and has the next action in any case: $what', ({ text = '', lastLines = text, before = '' }) => {
    const { report, summary, summaryPath } = start();
    writeFileSync(summaryPath, before);
    const big = { ...error, message: text, remedy: text, lastLines: [lastLines], databaseErrors: [text] } as typeof error;
    report(begins, eventAt(2, { type: 'warning', message: text }), eventAt(3, { type: 'run-failed', recipe: 'r', seconds: 1, error: big, situation }));
    expect(Buffer.byteLength(summary())).toBeLessThanOrEqual(1024 * 1024);
    expect(summary()).toContain('gh workflow run resume.yml -f run=r1');
  });
});

describe('the outputs of githubReporter', () => {
  it('name the run as soon as it begins', () => {
    const { report, outputs } = start();
    report(begins);
    expect(outputs()).toEqual({ run: 'r1' });
  });

  it('tell how it ended, for the steps that come after', () => {
    const { report, outputs } = start();
    report(begins, ...step(0, 'gate-on', closed), ...step(150, 'gate-off', opened), eventAt(151, { type: 'run-succeeded', recipe: 'r', seconds: 151, summary: '' }));
    expect(outputs()).toEqual({ run: 'r1', outcome: 'succeeded', left: '', maintenance: '', 'window-seconds': '150', 'restore-point': '', next: '' });
  });

  it('tell a hold, with the commands that go on from there', () => {
    const { report, outputs } = start();
    const two = [...nextActions, { text: 'Let go', command: 'gh workflow run resume.yml -f how=release-hold\noutcome=succeeded' }];
    report(begins, eventAt(3, { type: 'run-failed', recipe: 'r', seconds: 1, error, situation: { ...situation, nextActions: two } }));
    expect(outputs()).toEqual({ run: 'r1', outcome: 'failed', left: 'hold', maintenance: 'on', 'window-seconds': '', 'restore-point': 'shop-1', next: two.map(({ command }) => command).join('\n') });
  });

  it('need no runner', () => {
    const reporter = githubReporter({ write: () => undefined, variables: {} });
    expect(() => [begins, ...fails].forEach((event) => reporter.report(event))).not.toThrow();
  });
});

// a type of event that is new has to be thought of here
it('has a line, or none, for every event', () => {
  const { report, lines } = start();
  const bodies: readonly DeployEventBody[] = [
    { type: 'undoing', why: 'gate-on failed' },
    { type: 'wait-ended', waitingFor: 'x', seconds: 1 },
    { type: 'change', planned: false, resource: 'rule 1', from: 'open', to: 'closed', operation: 'o', why: 'w' },
    { type: 'waiting', waitingFor: 'x', seen: 'y', timeoutSeconds: 1 },
  ];
  report(...bodies.map((body) => eventAt(1, body)));
  expect(lines()).toEqual(['putting back: gate-on failed', 'change rule 1: open → closed', 'waiting for x: y']);
});
