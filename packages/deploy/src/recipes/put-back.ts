import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { FailureAction } from '../runs/failure-action.js';
import { performStep } from '../runs/perform-step.js';
import type { Session } from '../runs/session.js';
import { servicesToPutBack } from '../states/baseline.js';
import { setMaintenance } from '../steps/set-maintenance.js';
import { startServices } from '../steps/start-services.js';
import { verifyBeforeOpening } from '../steps/verify-deployment.js';
import { openGateAgain } from './open-gate.js';

/** What failed while putting things back. */
export interface PutBackFailed {
  readonly step: string;
  readonly message: string;
}

/** Does what a failure table says. Every step of it is journalled apart from the run's own, and may be done twice. */
export function putBack(session: Session, does: FailureAction): ResultAsync<void, PutBackFailed> {
  const perform = <T, E extends { readonly message: string }>(name: string, call: Parameters<typeof performStep<T, E>>[3]) =>
    performStep(session, 'putBack', name, call).mapErr(({ message }): PutBackFailed => ({ step: name, message }));
  return safeTry(async function* () {
    if (does === 'start-and-reopen') {
      yield* perform('start-services', (env) => startServices(env, { services: servicesToPutBack(env) }));
      yield* perform('verify-deployment', (env) => verifyBeforeOpening(env));
    }
    if (does === 'reopen' || does === 'start-and-reopen') yield* perform('gate-off', (env) => openGateAgain(env));
    if (does === 'close-and-hold') yield* perform('gate-on', (env) => setMaintenance(env, 'on'));
    return ok(undefined);
  });
}
