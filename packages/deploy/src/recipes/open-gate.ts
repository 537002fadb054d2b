import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import { changeDistributions, expectDistributions, foundClosed as closedAsFound } from '../gate/change-distributions.js';
import { readGate } from '../gate/read-gate.js';
import { putBack } from '../states/baseline.js';
import { type MaintenanceReport, setMaintenance, type SetMaintenanceError, type SetMaintenanceOptions } from '../steps/set-maintenance.js';

/** Opens the gate at the end of a run, unless it was found closed: then it stays closed. What `setMaintenance` had closed before was found open by that. */
export function openGate(env: Environment, options: SetMaintenanceOptions = {}): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  return safeTry(async function* () {
    if (!(yield* foundClosed(env))) return setMaintenance(env, 'off', options);
    // of a gate found half closed the open half is given back
    const change = { to: 'open', staying: closedAsFound(env), timeoutSeconds: options.timeoutSeconds } as const;
    yield* expectDistributions(env, null);
    yield* changeDistributions(env, change, () => okAsync<void, never>(undefined));
    yield* expectDistributions(env, change);
    yield* putBack(env, ['gate']);
    return ok(stayingOn(env));
  });
}

/**
 * Opens the gate that this run has closed and did not get to the end with. One that it found closed stays so, also where the baseline of an
 * earlier run calls an open gate the normal state: a person may have closed it, or been left to open it.
 */
export function openGateAgain(env: Environment): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  return env[internals].run?.recallFact('gateClosed' satisfies RunFact) === true ? openGate(env) : okAsync(stayingOn(env));
}

function stayingOn(env: Environment): MaintenanceReport {
  env.emit({ type: 'note', message: 'Maintenance was on before this run began, and stays on.' });
  return { maintenance: 'on', rulesChanged: [], distributionsChanged: [], provenAt: '', hosts: [], addresses: 0, unseen: [], leaks: [] };
}

function foundClosed(env: Environment): ResultAsync<boolean, SetMaintenanceError> {
  const baseline = env[internals].run?.baseline() ?? null;
  if (baseline === null) return okAsync(false);
  return readGate(env).map(({ gated }) => gated.length > 0 && gated.every((rule) => baseline.gate[rule.RuleArn ?? ''] === true));
}
