import { err, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeTaskDefinition, runTask, stopTask } from '../../aws/ecs.js';
import type { SqlTaskDefinition } from '../../environment/definition.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { Unexpected } from '../../errors.js';
import { invalidInput } from '../../runs/as-run.js';
import { awaitTask } from '../run-migration/await-task.js';
import type { MigrationTarget } from '../run-migration/migration-target.js';
import { containerOf, networkOf } from '../run-migration/one-off-place.js';
import { clientTokenOf, oneOffTask, startedBy } from '../run-migration/one-off-task.js';
import { logDestination, openTaskLog, type TaskLog, taskIdOf } from '../run-migration/task-log.js';
import { judgeFailures, type TaskVerdict } from '../run-migration/task-verdict.js';
import { declaredDatabases, type SqlError, type SqlQuestion, type SqlWay } from './sql-way.js';

/** Until a task is up, its image pulled, and has ended; what it is asked has its own time besides. */
const taskSeconds = 10 * 60;

/** By a one-off task in the VPC, for each question one. */
export function sqlByTask(env: Environment, task: SqlTaskDefinition, step: string): SqlWay {
  let target: MigrationTarget | null = null;
  const findTarget = () => (target === null ? findSqlTarget(env, task, step).map((found) => (target = found)) : okAsync<MigrationTarget, SqlError>(target));
  return {
    kind: 'task',
    told: `by a task of ${task.taskDefinitionFamily}`,
    secondsBetweenLooks: 60,
    prepare: () => findTarget().map(() => undefined),
    ask: (question) => findTarget().andThen((found) => askByTask(env, { task, target: found }, question)),
  };
}

function findSqlTarget(env: Environment, task: SqlTaskDefinition, step: string): ResultAsync<MigrationTarget, SqlError> {
  const place = { step, part: 'sqlTask', task };
  return safeTry<MigrationTarget, SqlError>(async function* () {
    const definition = yield* describeTaskDefinition(env, task.taskDefinitionFamily);
    const container = yield* containerOf(definition, place);
    const log = logDestination(definition, container);
    if (log === null) return err(invalidInput(step, [`sqlTask.container: expected one that logs with the awslogs driver, because what it prints is the answer, got '${container}' of ${task.taskDefinitionFamily}`]));
    const network = yield* networkOf(env, place);
    return ok({ revision: definition.taskDefinitionArn!, container, network, log });
  });
}

interface SqlTarget {
  readonly task: SqlTaskDefinition;
  readonly target: MigrationTarget;
}

function askByTask(env: Environment, { task, target }: SqlTarget, question: SqlQuestion): ResultAsync<readonly string[], SqlError> {
  const databases = declaredDatabases(env);
  const environment = { DEPLOY_SQL: question.text, DEPLOY_DATABASES: databases.join(' ') };
  const clientToken = clientTokenOf(env, 'status', env[internals].run?.step ?? '', Math.floor(env.clock.random() * 1e9).toString(36));
  return safeTry<readonly string[], SqlError>(async function* () {
    const requestedAt = env.clock.now();
    const { tasks, failures } = yield* runTask(env, oneOffTask(target, { startedBy: startedBy(env, 'status', 1), clientToken, command: task.command, environment }));
    const taskArn = tasks[0]?.taskArn;
    if (taskArn === undefined) return err(failed(task, question, `was not started: ${judgeFailures(failures).detail}`));
    const log = openTaskLog(env, target.log, taskArn);
    const wait = { taskArn, container: target.container, waitingFor: `${question.operation} by a task`, timeoutSeconds: taskSeconds + question.timeoutSeconds * Math.max(1, databases.length), requestedAt, log };
    const verdict = yield* awaitTask<never>(quietly(env), { ...wait, onLines: () => undefined, onStatus: () => okAsync(undefined) }).orElse((error) => stopped(env, taskArn, error));
    return answersOf(task, question, { taskArn, verdict, log, databases });
  });
}

/** One wait in the probe of another: its looks would be told between those of the one that people wait for. */
function quietly(env: Environment): Environment {
  return { ...env, emit: (event) => (event.type === 'waiting' || event.type === 'wait-ended' ? undefined : env.emit(event)) };
}

/** What nobody waits for any more is not to go on either; the environment's own signal may be what ended the wait. */
function stopped<E extends SqlError>(env: Environment, taskArn: string, error: E): ResultAsync<TaskVerdict, E> {
  const unsignalled = { ...env, signal: new AbortController().signal };
  return stopTask(unsignalled, taskArn, 'nobody waits for its answer any more')
    .orElse(() => ok(undefined))
    .andThen(() => err(error));
}

interface EndedSqlTask {
  readonly taskArn: string;
  readonly verdict: TaskVerdict;
  readonly log: TaskLog;
  readonly databases: readonly string[];
}

/** The lines that are JSON are answers; what psql or a shell says besides is not. */
function answersOf(task: SqlTaskDefinition, question: SqlQuestion, { taskArn, verdict, log, databases }: EndedSqlTask) {
  const told = log.lines.map((line) => line.trim()).filter((line) => line !== '');
  const lines = told.filter((line) => line.startsWith('{') && line.endsWith('}'));
  const name = taskIdOf(taskArn);
  if (!verdict.succeeded) return err<readonly string[], SqlError>(failed(task, question, `${name} ended with exit code ${verdict.exitCode ?? 'none'} (${verdict.detail}); its last line: ${told.at(-1) ?? 'none'}`));
  if (log.unreadable !== null) return err<readonly string[], SqlError>(failed(task, question, `${name} has answered, and that cannot be read: ${log.unreadable}`));
  if (lines.length < Math.max(1, databases.length)) return err<readonly string[], SqlError>(failed(task, question, `${name} printed ${lines.length} answers of ${Math.max(1, databases.length)} (${databases.join(', ') || 'its own database'}); its last line: ${told.at(-1) ?? 'none'}`));
  return ok<readonly string[], SqlError>(lines);
}

function failed({ taskDefinitionFamily }: SqlTaskDefinition, { operation }: SqlQuestion, what: string): Unexpected {
  return {
    kind: 'Unexpected',
    operation,
    message: `the SQL task of ${taskDefinitionFamily} ${what}`,
    remedy: 'Mend the task: it is to run DEPLOY_SQL in each of DEPLOY_DATABASES, print a line for each, and exit with 0. Without sqlTask in the definition the metrics alone decide.',
  };
}
