import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeDbInstance, type DBInstance } from '../../aws/rds.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { instanceCondition } from '../instance-status.js';
import { checksOf, found, type PreflightError } from './check.js';

const { ok: right, failed } = checksOf('database');

/** The instance is the one that was connected to, serves, and nothing waits to be changed in it. */
export function checkDatabase(env: Environment): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const instance = yield* found('database', 'instance', describeDbInstance(env, env.definition.database));
    if (instance.isErr()) return ok([instance.error]);
    return ok([identityCheck(env, instance.value), statusCheck(instance.value), pendingCheck(instance.value)]);
  });
}

function identityCheck(env: Environment, { DBInstanceIdentifier, DbiResourceId }: DBInstance): PreflightCheck {
  const expected = env[internals].found.databaseResourceId;
  if (DbiResourceId === expected) return right('instance', `${DBInstanceIdentifier} (${expected})`);
  return failed('instance', `${DBInstanceIdentifier} is another instance (${DbiResourceId}) than at connect (${expected})`, 'Somebody renamed or restored it: find out what happened, then connect again.');
}

function statusCheck({ DBInstanceStatus: status = 'unknown' }: DBInstance): PreflightCheck {
  if (instanceCondition(status) === 'usable') return right('status', status);
  return failed('status', status, status === 'stopped' ? 'Start the instance.' : 'Wait until it is available, or find out why it is not.');
}

function pendingCheck({ PendingModifiedValues = {} }: DBInstance): PreflightCheck {
  // names only: a pending master password is among the values
  const pending = Object.entries(PendingModifiedValues).flatMap(([name, value]) => (value === undefined || value === null ? [] : [name]));
  if (pending.length === 0) return right('pending modifications', 'none');
  return failed('pending modifications', pending.join(', '), 'Apply them before the release: the next change of the instance, or its maintenance window, would apply them in the middle of it.');
}
