import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { internals, type Environment } from '../../environment/environment.js';
import type { PreflightCheck, RunStoreFailed } from '../../errors.js';
import { readHold } from '../../runs/hold.js';
import { infrastructureLockRemedy, readInfrastructureLock } from '../../runs/infrastructure-lock.js';
import { isDead, readLock } from '../../runs/lock.js';
import { wayOnFromHold, wayOnFromLock } from '../../runs/next-actions.js';
import { findOtherTasks, type OtherTasksPolicy, waitOrStop, waitStopOrAllow } from '../other-tasks.js';
import { checksOf, found, type PreflightError } from './check.js';
import { nothingMigrated, type Question } from './question.js';

const { ok: right, skip, warning, failed } = checksOf('runs');

/** Nobody else is at work: no other run, no hold, no migration, no task or writer that is not accounted for. */
export function checkRuns(env: Environment, { otherTasks, purpose }: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const hold = yield* checkHold(env);
    const lock = yield* checkLock(env);
    const tasks = yield* checkTasks(env, otherTasks);
    const infrastructure = yield* checkInfrastructure(env);
    return ok([hold, lock, ...tasks, ...checkWriters(env, purpose), checkStore(env), infrastructure]);
  });
}

function checkHold(env: Environment): ResultAsync<PreflightCheck, RunStoreFailed> {
  return readHold(env).map((hold) => {
    if (hold === null || hold.value.run === env.runId) return right('hold', 'none');
    const { run, recipe, reason, since } = hold.value;
    return failed('hold', `held since ${since} by run ${run} (${recipe}): ${reason}`, wayOnFromHold(env, hold.value));
  });
}

function checkLock(env: Environment): ResultAsync<PreflightCheck, RunStoreFailed> {
  return readLock(env).map((lock) => {
    if (lock === null || lock.value.run === env.runId) return right('lock', 'no other run');
    const { run, recipe, expiresAt } = lock.value;
    if (!isDead(env, lock.value)) return failed('lock', `run ${run} (${recipe}) is at work`, 'Wait until it has ended.');
    return failed('lock', `run ${run} (${recipe}) stopped without an end; its lock was good until ${expiresAt}`, wayOnFromLock(env, lock.value));
  });
}

function checkTasks(env: Environment, policy: OtherTasksPolicy): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return found('runs', 'other tasks', findOtherTasks(env)).andThen((tasks) => {
    if (tasks.isErr()) return okAsync([tasks.error]);
    const migrations = tasks.value.filter(({ group }) => group === `family:${env.definition.migration?.taskDefinitionFamily}`);
    const others = tasks.value.filter((task) => !migrations.includes(task));
    const names = (some: typeof migrations) => some.map(({ group, taskArn }) => `${group ?? 'task'} ${taskArn?.split('/').at(-1)}`).join(', ');
    return okAsync([
      migrations.length === 0 ? right('migration', 'none in flight') : failed('migration', `in flight: ${names(migrations)}`, waitOrStop(env, migrations)),
      others.length === 0 ? right('other tasks', 'none') : otherTasksCheck(policy, names(others), waitStopOrAllow(env, others)),
    ]);
  });
}

function otherTasksCheck(policy: OtherTasksPolicy, names: string, remedy: string): PreflightCheck {
  const detail = `of no declared service, and may write to the database: ${names}`;
  if (policy === 'refuse') return failed('other tasks', detail, remedy);
  return warning('other tasks', detail, policy === 'wait' ? 'They are waited for before the snapshot.' : 'They are not waited for: see that they write nothing during the release.');
}

function checkWriters(env: Environment, purpose: Question['purpose']): readonly PreflightCheck[] {
  return (env.definition.otherWriters ?? []).map(({ name, acknowledged }) => {
    if (purpose !== 'migration') return skip(`writer ${name}`, nothingMigrated);
    if (acknowledged) return right(`writer ${name}`, 'acknowledged: a person stops it');
    return failed(`writer ${name}`, `${name} may write to the database, and ECS does not run it`, 'Stop it, then set acknowledged: true on it in the definition.');
  });
}

function checkStore(env: Environment): PreflightCheck {
  const { runStore } = env[internals];
  if (runStore.volatile === undefined) return right('run store', runStore.name);
  return warning('run store', `${runStore.name}: ${runStore.volatile}`, 'Nothing could be resumed without it: keep it where it outlives this machine.');
}

function checkInfrastructure(env: Environment): ResultAsync<PreflightCheck, PreflightError> {
  if (env.definition.infrastructureLock === undefined) return okAsync(notLocked);
  return found('runs', 'infrastructure code', readInfrastructureLock(env)).map((lock) => {
    if (lock.isErr()) return lock.error;
    if (lock.value === null) return right('infrastructure code', 'nobody has its lock');
    return lock.value.ours ? right('infrastructure code', lock.value.text) : failed('infrastructure code', lock.value.text, infrastructureLockRemedy(lock.value));
  });
}

const notLocked: PreflightCheck = warning(
  'infrastructure code',
  'nothing keeps an apply of it from changing rules, counts and revisions during the release',
  'Name its state in the definition (infrastructureLock), or see that nobody applies it until the release has ended; a change is noticed, and ends the run.',
);
