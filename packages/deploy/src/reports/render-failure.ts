import type { Situation } from '../errors.js';

interface Failure {
  readonly message: string;
  readonly kind?: string | undefined;
  readonly remedy?: string | undefined;
  readonly runId?: string | undefined;
  readonly situation?: Situation | undefined;
  readonly lastLines?: readonly string[] | undefined;
  readonly databaseErrors?: readonly string[] | undefined;
}

const left: Readonly<Record<Situation['left'], string>> = {
  untouched: 'nothing was changed',
  'as-found': 'everything was put back as it was found',
  hold: 'held as it is: nothing else starts, migrates or opens it until one of the commands below',
};

/** A failure for a tired reader: what happened, where that leaves the environment, what to do next. */
export function renderFailure(failure: Failure): string {
  const { message, kind = 'Failed', remedy, situation, runId } = failure;
  const lines = ['', `${kind}${situation === undefined || situation.step === '' ? '' : ` in ${situation.step}`}`, `  ${message}`];
  const evidence = [...section('Last lines of the task', failure.lastLines), ...section("The database's own errors", failure.databaseErrors)];
  return `${[...lines, ...evidence, ...situationLines(situation, runId), ...(remedy === undefined ? [] : ['', `What to do: ${remedy}`]), ...actionLines(situation)].join('\n')}\n`;
}

function section(title: string, lines: readonly string[] | undefined): readonly string[] {
  return lines === undefined || lines.length === 0 ? [] : ['', `${title}:`, ...lines.slice(-8).map((line) => `  ${line.trim()}`)];
}

function situationLines(situation: Situation | undefined, runId: string | undefined): readonly string[] {
  if (situation === undefined || situation.step === '') return [];
  return [
    '',
    'Where things stand:',
    `  run          ${runId ?? ''}`,
    `  environment  ${situation.state}, ${left[situation.left]}`,
    `  maintenance  ${situation.maintenance}`,
    `  schema       ${situation.schema}`,
    ...(situation.restorePoint === undefined ? [] : [`  restore point ${situation.restorePoint}`]),
  ];
}

function actionLines(situation: Situation | undefined): readonly string[] {
  const actions = situation?.nextActions ?? [];
  return actions.length === 0 ? [] : ['', 'Next:', ...actions.flatMap(({ text, command }) => [`  ${text}:`, `    ${command}`])];
}
