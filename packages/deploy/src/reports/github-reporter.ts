import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import type { NextAction } from '../errors.js';
import type { DeployEvent, Reporter } from './events.js';
import { outputRecord, withoutCommands, workflowCommand } from './github-commands.js';
import { quietly } from './quietly.js';
import { shortestRedacted } from './redact.js';
import { printableText, renderEvent } from './render-event.js';
import type { Failure } from './render-failure.js';
import { renderFailureMarkdown } from './render-failure-markdown.js';
import { renderSummary, type Story, storyAfter, windowSeconds } from './render-summary.js';

/** What the reporter goes by, on a runner as it is. */
export interface GithubReporterOptions {
  /** Where the job's log comes from; default standard output. */
  readonly write?: ((text: string) => unknown) | undefined;
  /** Default: those of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>> | undefined;
}

/** A reporter that can hide secrets of the job's own too, as `githubOidcCredentials` has them. */
export interface GithubReporter extends Reporter {
  /** Has the runner hide these texts from now on. */
  hide(secrets: readonly string[]): void;
}

/** What the runner takes of one step ("Workflow commands for GitHub Actions", step isolation and limits): a longer summary is not shown at all. */
const summaryLimitBytes = 1024 * 1024;

/**
 * Tells a run on GitHub's runner.
 *
 * - In the log: a group a step, in it one line an event. Why a run failed, and what to do, is an annotation; so are warnings, and that the environment is held.
 * - In the job's summary (`GITHUB_STEP_SUMMARY`): how it ended, how long visitors were kept out, versions, restore point, what to do next, its
 *   steps. It is written anew with every step: whenever the process is killed, the summary tells where, and what continues the run.
 * - As outputs of the step (`GITHUB_OUTPUT`): `run`, as soon as it begins; then `outcome` (`succeeded`, `failed`), `left` (`untouched`, `as-found`,
 *   `hold`, `taken-over`; empty after a success), `maintenance` (of a failure), `window-seconds`, `restore-point` and `next` (commands, one a line), empty where there is none.
 *   Of several runs of one script the last is told.
 * - Secrets of the environment are hidden by the runner wherever else they may turn up (`::add-mask::`), where it is the runner that reads: `GITHUB_ACTIONS` is `true`.
 *
 * Nothing of it is waited for. Lines of others are kept from commanding the runner.
 */
export function githubReporter(options: GithubReporterOptions = {}): GithubReporter {
  const { write = (text: string) => process.stdout.write(text), variables = process.env } = options;
  const summary = summaryFile(variables['GITHUB_STEP_SUMMARY']);
  const say = (line: string) => void write(`${line}\n`);
  let story: Story | null = null;
  /** By their runs; by what they say where a step was called by itself, whose errors name no run. */
  const toldFailures = new Set<string>();

  const report = (event: DeployEvent): void => {
    const before = story;
    story = storyAfter(before, event);
    if (event.type === 'run-started') summary.keep();
    if (event.type === 'run-failed') for (const told of [event.runId ?? event.error.message, event.error.message]) toldFailures.add(told);
    const unknown = event.type === 'script-failed' && !toldFailures.has(event.error.runId ?? event.error.message);
    // each also where the others cannot be written
    quietly(() => {
      if (unknown) summary.add(scriptFailure(event.error));
      if (changesSummary(event) && story !== null) summary.draw(story);
    });
    quietly(() => {
      for (const [name, value] of outputsOf(story, event)) append(variables['GITHUB_OUTPUT'], outputRecord(name, value, `delimiter-${randomUUID()}`));
    });
    // the log comes last: what it says can be read in the others, should this be the end
    for (const line of unknown ? [failureCommand(event.error)] : linesOf(event, before)) say(line);
  };
  return {
    report,
    hide(secrets) {
      if (variables['GITHUB_ACTIONS'] !== 'true') return;
      for (const secret of secrets.filter(({ length }) => length >= shortestRedacted)) say(workflowCommand('add-mask', secret));
    },
  };
}

function linesOf(event: DeployEvent, before: Story | null): readonly string[] {
  const line = withoutCommands(renderEvent(event) ?? '');
  switch (event.type) {
    case 'step-started':
      return [workflowCommand('group', event.step)];
    // what stands outside the group is seen while it is folded
    case 'step-succeeded':
    case 'step-failed':
      return [workflowCommand('endgroup', ''), line];
    // the runner shows ten of a step
    case 'warning':
      return before?.warnings.includes(event.message) === true ? [line] : [workflowCommand('warning', printableText(event.message))];
    case 'hold-set':
      return [workflowCommand('notice', [event.reason, ...event.nextActions.map(actionText)].map(printableText).join('\n'), { title: 'The environment is held' })];
    case 'run-failed':
      return [failureCommand({ ...event.error, situation: event.situation })];
    default:
      return line === '' ? [] : [line];
  }
}

function failureCommand({ kind = 'Failed', message, remedy = '', situation }: Failure): string {
  const where = situation === undefined || situation.step === '' ? '' : ` in ${situation.step}`;
  const lines = [message, ...(remedy === '' ? [] : [`What to do: ${remedy}`]), ...(situation?.nextActions ?? []).map(actionText)];
  return workflowCommand('error', lines.map(printableText).join('\n'), { title: `${kind}${where}` });
}

function actionText({ text, command }: NextAction): string {
  return `${text}: ${command}`;
}

/** What failed before any run began, or after it: a definition that is wrong, credentials, another run at work. */
function scriptFailure(error: Failure): string {
  return `## Failed\n\n${renderFailureMarkdown(error)}`;
}

function changesSummary({ type }: DeployEvent): boolean {
  return ['run-started', 'step-started', 'step-succeeded', 'step-failed', 'warning', 'undoing', 'interrupted', 'run-succeeded', 'run-failed'].includes(type);
}

function outputsOf(story: Story | null, { type }: DeployEvent): readonly (readonly [string, string])[] {
  if (story === null) return [];
  if (type === 'run-started') return [['run', story.progress.runId ?? '']];
  if (story.ending === null || (type !== 'run-succeeded' && type !== 'run-failed')) return [];
  const { facts, ending } = story;
  const situation = ending.outcome === 'failed' ? ending.situation : null;
  return [
    ['outcome', ending.outcome],
    ['left', situation?.left ?? ''],
    ['maintenance', situation?.maintenance ?? ''],
    ['window-seconds', String(windowSeconds(facts) ?? '')],
    ['restore-point', situation?.restorePoint ?? facts.restorePoint ?? ''],
    ['next', (situation?.nextActions ?? facts.nextActions).map(({ command }) => command).join('\n')],
  ];
}

/** The summary of this step: written whole each time, below what others have written before. */
function summaryFile(path: string | undefined) {
  let before: string | null = null;
  let kept: readonly string[] = [];
  let current = '';
  const save = (brief: string): void => {
    if (path === undefined || path === '') return;
    before ??= readIfThere(path);
    const [whole, short] = [current, brief].map((last) => fitting([before ?? '', ...kept], last));
    replaceFile(path, whole ?? short ?? '');
  };
  return {
    /** What was drawn stays, and the next run is drawn below it. */
    keep(): void {
      kept = current === '' ? kept : [...kept, current];
      current = '';
    },
    draw(story: Story): void {
      current = renderSummary(story);
      save(renderSummary(story, { brief: true }));
    },
    add(text: string): void {
      this.keep();
      current = text;
      save(text);
    },
  };
}

/** As much of what came before as there is room for, the oldest left out first; null: the last alone is too long. */
function fitting(before: readonly string[], last: string): string | null {
  const whole = [...before, last].filter((text) => text !== '').join('\n');
  if (new TextEncoder().encode(whole).length <= summaryLimitBytes) return whole;
  return before.length === 0 ? null : fitting(before.slice(1), last);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** At once: a process that is killed meanwhile leaves the one or the other. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function append(path: string | undefined, text: string): void {
  if (path !== undefined && path !== '') appendFileSync(path, text);
}
