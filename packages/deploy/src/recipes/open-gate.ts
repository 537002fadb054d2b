import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import { readGate } from '../gate/read-gate.js';
import { putBack } from '../states/baseline.js';
import { type MaintenanceReport, setMaintenance, type SetMaintenanceError, type SetMaintenanceOptions } from '../steps/set-maintenance.js';

/** Opens the gate at the end of a run, unless maintenance was on before it began: then it stays on. */
export function openGate(env: Environment, options: SetMaintenanceOptions = {}): ResultAsync<MaintenanceReport, SetMaintenanceError> {
  return safeTry(async function* () {
    if (!(yield* foundClosed(env))) return setMaintenance(env, 'off', options);
    yield* putBack(env, ['gate']);
    env.emit({ type: 'note', message: 'Maintenance was on before this run began, and stays on.' });
    return ok({ maintenance: 'on' as const, rulesChanged: [], provenAt: '', hosts: [], addresses: 0, unseen: [], leaks: [] });
  });
}

function foundClosed(env: Environment): ResultAsync<boolean, SetMaintenanceError> {
  const baseline = env[internals].run?.baseline() ?? null;
  if (baseline === null) return okAsync(false);
  return readGate(env).map(({ gated }) => gated.length > 0 && gated.every((rule) => baseline.gate[rule.RuleArn ?? ''] === true));
}
