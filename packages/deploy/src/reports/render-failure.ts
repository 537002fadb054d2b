import type { DeploymentDiagnosis, NextAction, PreflightCheck, Situation } from '../errors.js';
import { printableText } from './render-event.js';
import { wrapped } from './text-width.js';

/** What is told of an error: this library's have it all. */
export interface Failure {
  readonly message: string;
  readonly kind?: string | undefined;
  readonly remedy?: string | undefined;
  readonly runId?: string | undefined;
  readonly situation?: Situation | undefined;
  readonly checks?: readonly PreflightCheck[] | undefined;
  readonly lastLines?: readonly string[] | undefined;
  readonly databaseErrors?: readonly string[] | undefined;
  readonly diagnosis?: DeploymentDiagnosis | undefined;
}

const linesShown = 8;

export const leftText: Readonly<Record<Situation['left'], string>> = {
  untouched: 'nothing was changed',
  'as-found': 'everything was put back as it was found',
  hold: 'held as it is: nothing else starts, migrates or opens it',
  'taken-over': 'left to whoever has taken this run over, or let go of it',
};

/**
 * A failure for a tired reader: what happened, on what evidence, where that leaves the environment, what to do next. Wrapped at `columns`,
 * but for lines of others and commands, which are to be copied.
 */
export function renderFailure(failure: Failure, columns = 80): string {
  const { message, kind = 'Failed', remedy, situation } = failure;
  const begun = situation !== undefined && situation.step !== '';
  const lines = [
    '',
    `${kind}${begun ? ` in ${situation.step}` : ''}`,
    ...indented('  ', message, columns),
    ...evidence(failure, columns),
    ...(begun ? situationLines(situation, failure.runId, columns) : []),
    ...(remedy === undefined || remedy === '' || failedChecks(failure).length > 0 ? [] : ['', 'What to do:', ...indented('  ', remedy, columns)]),
    ...actionLines(situation?.nextActions, columns),
  ];
  return `${lines.join('\n')}\n`;
}

function evidence(failure: Failure, columns: number): readonly string[] {
  const { lastLines, databaseErrors, diagnosis } = failure;
  return [
    ...preflightLines(failedChecks(failure), columns),
    ...migrationLines({ lastLines, databaseErrors }),
    ...section('Stopped tasks', diagnosis?.stoppedTasks.slice(-linesShown).map(stoppedTask)),
    ...section('Targets', diagnosis?.targetHealth.map(({ target, state, reason }) => `${target} is ${state}${reason === '' ? '' : ` (${reason})`}`)),
    ...section("The service's last events, newest first", diagnosis?.events.slice(0, linesShown)),
    ...section('Last lines of its tasks', diagnosis?.lastLines.slice(-linesShown)),
  ];
}

/** What a migration that failed has left to be read. */
export function migrationLines({ lastLines, databaseErrors }: Pick<Failure, 'lastLines' | 'databaseErrors'>): readonly string[] {
  return [...section('Last lines of the task', lastLines?.slice(-linesShown)), ...section("The database's own errors", databaseErrors?.slice(-linesShown))];
}

/** Each is told with its own remedy: the error's is all of these in a row. */
export function failedChecks({ checks }: Pick<Failure, 'checks'>): readonly PreflightCheck[] {
  return checks?.filter(({ status }) => status === 'failed') ?? [];
}

function preflightLines(failed: readonly PreflightCheck[], columns: number): readonly string[] {
  if (failed.length === 0) return [];
  const lines = failed.flatMap(({ group, name, detail, remedy }) => [...indented('  ✗ ', `${group}, ${name}: ${detail}`, columns), ...(remedy === undefined ? [] : indented('    ', remedy, columns))]);
  return ['', 'What preflight found:', ...lines];
}

function stoppedTask({ taskArn, stoppedReason, exitCodes }: DeploymentDiagnosis['stoppedTasks'][number]): string {
  return `${taskArn.split('/').at(-1)}: ${[stoppedReason, ...exitCodesText(exitCodes)].filter((text) => text !== '').join('; ')}`;
}

export function exitCodesText(exitCodes: Readonly<Record<string, number | null>>): readonly string[] {
  return Object.entries(exitCodes).map(([container, code]) => `${container} ${code === null ? 'without an exit code' : `exited with ${code}`}`);
}

function section(title: string, lines: readonly string[] = []): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${printableText(line).trimEnd()}`)];
}

function situationLines(situation: Situation, runId: string | undefined, columns: number): readonly string[] {
  const until = situation.nextActions.length > 0 ? ' until one of the commands below' : '';
  const held = situation.heldBy === undefined ? '' : `; still held by run ${situation.heldBy}${until}`;
  const rows = [
    ['run', runId ?? ''],
    ['environment', `${situation.state}; ${leftText[situation.left]}${held}${situation.left === 'hold' ? until : ''}`],
    ['maintenance', situation.maintenance],
    ['schema', situation.schema],
    ...(situation.restorePoint === undefined ? [] : [['restore point', situation.restorePoint]]),
  ] as const;
  return ['', 'Where things stand:', ...rows.flatMap(([name, value]) => indented(`  ${name.padEnd(13)}  `, value, columns))];
}

/** What to do next, below a line of space; a command is to be copied, and is not broken. */
export function actionLines(actions: readonly NextAction[] = [], columns: number): readonly string[] {
  return actions.length === 0 ? [] : ['', 'Next:', ...actions.flatMap(({ text, command }) => [...indented('  ', `${text}:`, columns), `    ${printableText(command)}`])];
}

/** Wrapped, with `first` before it and as much space before its other lines. */
function indented(first: string, text: string, columns: number): readonly string[] {
  return wrapped(printableText(text), columns - first.length).map((line, index) => `${index === 0 ? first : ' '.repeat(first.length)}${line}`);
}
