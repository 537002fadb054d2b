import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { findServices } from '../../aws/ecs.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsError, Conflict, Refused } from '../../errors.js';
import { usesDatabase } from '../../gate/read-gate.js';
import { declaredServiceOf, describeTaskList, findClusterTasks, isMigration, isStopped, migrationInFlight } from '../other-tasks.js';

/**
 * The instance is stopped under nobody: not under a service that is wanted, not under its last tasks, which go on while they drain, and not
 * under a migration. Tasks that no declared service owns may have nothing to do with it: a warning names them.
 */
export function refuseDatabaseUsers(env: Environment): ResultAsync<void, AwsError | Conflict | Refused> {
  const names = Object.keys(env.definition.services).filter((name) => usesDatabase(env, name));
  return safeTry<void, AwsError | Conflict | Refused>(async function* () {
    const { services } = yield* findServices(env, names);
    const wanted = services.filter(({ desiredCount = 0 }) => desiredCount > 0).map(({ serviceName, desiredCount }) => `service ${serviceName} (desired count ${desiredCount})`);
    if (wanted.length > 0) return err(inUse(env, wanted.join(', ')));
    // the tasks are what earlier steps will have made of them: a plan does not ask
    if (env[internals].mode === 'plan') return ok(undefined);
    const tasks = (yield* findClusterTasks(env)).filter((task) => !isStopped(task));
    const migrations = tasks.filter((task) => isMigration(env, task));
    if (migrations.length > 0) return err(migrationInFlight(env, migrations));
    const left = tasks.filter((task) => names.includes(declaredServiceOf(env, task) ?? ''));
    if (left.length > 0) return err(inUse(env, describeTaskList(left)));
    const others = tasks.filter((task) => declaredServiceOf(env, task) === null);
    if (others.length > 0) env.emit({ type: 'warning', message: `Tasks that no declared service owns run on while ${env.definition.database} is stopped: ${describeTaskList(others)}.` });
    return ok(undefined);
  });
}

function inUse(env: Environment, users: string): Refused {
  return {
    kind: 'Refused',
    rule: 'database-in-use',
    message: `${env.definition.database} is used by ${users}: it was not stopped, because who uses them would meet errors`,
    remedy: 'Keep visitors out and stop them first: setMaintenance, then stopServices, for administration too. A service that does not use the instance says so in the definition: databases: [].',
  };
}
