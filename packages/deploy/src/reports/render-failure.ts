import type { DeploymentDiagnosis, PreflightCheck, Situation } from '../errors.js';
import { printableText } from './render-event.js';
import { wrapped } from './text-width.js';

interface Failure {
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

const columns = 100;
const linesShown = 8;

const left: Readonly<Record<Situation['left'], string>> = {
  untouched: 'nothing was changed',
  'as-found': 'everything was put back as it was found',
  hold: 'held as it is',
};

/** A failure for a tired reader: what happened, on what evidence, where that leaves the environment, what to do next. */
export function renderFailure(failure: Failure): string {
  const { message, kind = 'Failed', remedy, situation } = failure;
  const begun = situation !== undefined && situation.step !== '';
  const lines = [
    '',
    `${kind}${begun ? ` in ${situation.step}` : ''}`,
    ...indented(printableText(message)),
    ...evidence(failure),
    ...(begun ? situationLines(situation, failure.runId) : []),
    ...(remedy === undefined || remedy === '' ? [] : ['', 'What to do:', ...indented(printableText(remedy))]),
    ...actionLines(situation),
  ];
  return `${lines.join('\n')}\n`;
}

function evidence({ checks, lastLines, databaseErrors, diagnosis }: Failure): readonly string[] {
  const failedChecks = checks?.filter(({ status }) => status === 'failed') ?? [];
  return [
    ...section('What preflight found', failedChecks.flatMap(({ group, name, detail, remedy }) => [`✗ ${group}, ${name}: ${detail}`, ...(remedy === undefined ? [] : [`  ${remedy}`])])),
    ...section('Last lines of the task', lastLines?.slice(-linesShown)),
    ...section("The database's own errors", databaseErrors?.slice(-linesShown)),
    ...section('Stopped tasks', diagnosis?.stoppedTasks.slice(-linesShown).map(stoppedTask)),
    ...section('Targets', diagnosis?.targetHealth.map(({ target, state, reason }) => `${target} is ${state}${reason === '' ? '' : ` (${reason})`}`)),
    ...section("The service's last events", diagnosis?.events.slice(0, linesShown)),
    ...section('Last lines of its tasks', diagnosis?.lastLines.slice(-linesShown)),
  ];
}

function stoppedTask({ taskArn, stoppedReason, exitCodes }: DeploymentDiagnosis['stoppedTasks'][number]): string {
  const codes = Object.entries(exitCodes).map(([container, code]) => `${container} ${code === null ? 'without an exit code' : `exited with ${code}`}`);
  return `${taskArn.split('/').at(-1)}: ${[stoppedReason, ...codes].filter((text) => text !== '').join('; ')}`;
}

function section(title: string, lines: readonly string[] = []): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${printableText(line).trimEnd()}`)];
}

function situationLines(situation: Situation, runId: string | undefined): readonly string[] {
  const rows = [
    ['run', runId ?? ''],
    ['environment', `${situation.state}; ${left[situation.left]}${situation.left === 'hold' && situation.nextActions.length > 0 ? ': nothing else starts, migrates or opens it until one of the commands below' : ''}`],
    ['maintenance', situation.maintenance],
    ['schema', situation.schema],
    ...(situation.restorePoint === undefined ? [] : [['restore point', situation.restorePoint]]),
  ] as const;
  return ['', 'Where things stand:', ...rows.map(([name, value]) => `  ${name.padEnd(13)}  ${value}`)];
}

function actionLines(situation: Situation | undefined): readonly string[] {
  const actions = situation?.nextActions ?? [];
  return actions.length === 0 ? [] : ['', 'Next:', ...actions.flatMap(({ text, command }) => [`  ${text}:`, `    ${command}`])];
}

function indented(text: string): readonly string[] {
  return wrapped(text, columns - 2).map((line) => `  ${line}`);
}
