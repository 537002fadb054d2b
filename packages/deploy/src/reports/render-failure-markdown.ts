import type { DeploymentDiagnosis, NextAction, Situation } from '../errors.js';
import { escaped, fence, fenced, table } from './markdown.js';
import { redactor } from './redact.js';
import { exitCodesText, failedChecks, type Failure, leftText } from './render-failure.js';

/**
 * A failure as Markdown, for the summary of a CI job, an issue or a chat: the same as `renderFailure` tells, and the whole bundle of a failed
 * deployment or migration (stopped tasks with reasons and exit codes, target health, events, last lines). As JSON that is the error itself.
 *
 * Lines of others (logs, reasons, events) stand in fences and cells that they cannot break out of, and shapes of secrets are taken out once
 * more; what else a log says is shown to whoever reads it.
 */
export function renderFailureMarkdown(failure: Failure): string {
  const { message, kind = 'Failed', remedy, situation, ...evidence } = redactor([])({ ...failure, message: failure.message });
  const begun = situation !== undefined && situation.step !== '';
  const told = failedChecks(evidence);
  const blocks = [
    `### ${escaped(kind)}${begun ? ` in ${escaped(situation.step)}` : ''}`,
    escaped(message),
    ...table('What preflight found', ['check', 'found', 'what to do'], told.map(({ group, name, detail, remedy: advice = '' }) => [`${group}, ${name}`, detail, advice])),
    ...migrationBlocks(evidence),
    ...diagnosisBlocks(evidence.diagnosis),
    ...(begun ? situationBlocks(situation, evidence.runId) : []),
    ...(remedy === undefined || remedy === '' || told.length > 0 ? [] : ['#### What to do', escaped(remedy)]),
    ...actionBlocks(situation?.nextActions),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** What a migration that failed has left to be read. */
export function migrationBlocks({ lastLines, databaseErrors }: Pick<Failure, 'lastLines' | 'databaseErrors'>): readonly string[] {
  return [...fenced('Last lines of the task', lastLines), ...fenced("The database's own errors", databaseErrors)];
}

function diagnosisBlocks(diagnosis: DeploymentDiagnosis | undefined): readonly string[] {
  if (diagnosis === undefined) return [];
  const { stoppedTasks, targetHealth, events, lastLines } = diagnosis;
  return [
    ...table('Stopped tasks', ['task', 'reason', 'exit codes'], stoppedTasks.map(({ taskArn, stoppedReason, exitCodes }) => [taskArn.split('/').at(-1) ?? '', stoppedReason, exitCodesText(exitCodes).join('; ')])),
    ...table('Targets', ['target', 'state', 'reason'], targetHealth.map(({ target, state, reason }) => [target, state, reason])),
    ...fenced("The service's last events, newest first", events),
    ...fenced('Last lines of its tasks', lastLines),
  ];
}

function situationBlocks(situation: Situation, runId = ''): readonly string[] {
  const { state, maintenance, schema, left, heldBy, restorePoint } = situation;
  const held = heldBy === undefined ? '' : `; still held by run ${heldBy}`;
  const rows = [['run', runId], ['environment', `${state}; ${leftText[left]}${held}`], ['maintenance', maintenance], ['schema', schema], ...(restorePoint === undefined ? [] : [['restore point', restorePoint]])];
  return table('Where things stand', ['', ''], rows);
}

/** What can be done next, each with its command to copy. */
export function actionBlocks(actions: readonly NextAction[] = []): readonly string[] {
  return actions.length === 0 ? [] : ['#### Next', ...actions.flatMap(({ text, command }) => [`${escaped(text)}:`, fence([command])])];
}
