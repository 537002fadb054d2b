import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import { readBaseline } from '../../runs/baseline-keeper.js';
import type { Baseline } from '../../runs/baseline.js';
import { type DatabaseRecord, readDatabaseRecord } from '../../runs/database-record.js';
import { differencesFrom } from '../../states/judge-state.js';
import { type EnvironmentState, readState, type ReadStateError } from '../../states/read-state.js';

/** Why the instance is left as it is; null: everything else is stopped, so it is meant to be. */
export function whyNotStopped(env: Environment): ResultAsync<string | null, ReadStateError> {
  return safeTry<string | null, ReadStateError>(async function* () {
    const state = yield* readState(env);
    const record = yield* readDatabaseRecord(env);
    const baseline = yield* readBaseline(env);
    return ok(alreadyOff(state) ?? held(env, state) ?? otherwiseOn(env, state) ?? meantToRun(env, record) ?? waitedFor(state, record, baseline?.value ?? null));
  });
}

function alreadyOff({ database: { instance, status } }: EnvironmentState): string | null {
  return status === 'stopped' || status === 'stopping' ? `${instance} is ${status} already` : null;
}

function held({ definition, runId }: Environment, { hold }: EnvironmentState): string | null {
  return hold === null || hold.run === runId ? null : `${definition.name} is held since ${hold.since} by run ${hold.run} (${hold.recipe}): ${hold.reason}`;
}

/** Administration that a run has paused counts like the rest here: it has to be off. */
function otherwiseOn({ definition }: Environment, { gate, services }: EnvironmentState): string | null {
  const differences = differencesFrom('stopped', { definition, gate, services, databaseStatus: 'stopped', putAside: [] });
  return differences.length === 0 ? null : `the rest of ${definition.name} is not stopped: ${differences.join('; ')}`;
}

/** Between a start of the instance and that of the services everything else is stopped too. */
function meantToRun({ definition }: Environment, record: DatabaseRecord | null): string | null {
  return record?.meantTo === 'run' ? `${definition.database} was started with startDb at ${record.at} (run ${record.run}), and is meant to run until stopDb` : null;
}

/** Somebody who has stopped the services, and not the instance since, is about to work on it. */
function waitedFor({ putAside }: EnvironmentState, record: DatabaseRecord | null, baseline: Baseline | null): string | null {
  const services = putAside.filter((key) => key.startsWith('service:')).map((key) => key.slice('service:'.length));
  const stoppedSince = record?.meantTo === 'be-stopped' && baseline !== null && record.at >= baseline.takenAt;
  return services.length === 0 || stoppedSince ? null : `${services.join(', ')} ${services.length === 1 ? 'was' : 'were'} stopped by a run that did not stop the database, and not put back yet`;
}
