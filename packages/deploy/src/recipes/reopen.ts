import { errAsync, ok, okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import { expectedGot, unknownOptionProblems } from '../environment/validate.js';
import type { Conflict, InvalidInput, RunStoreFailed } from '../errors.js';
import { recipeSteps, type StepName } from '../permissions/step-actions.js';
import { invalidInput } from '../runs/as-run.js';
import { defineRecipe, type RecipeError } from '../runs/define-recipe.js';
import { readHold } from '../runs/hold.js';
import { servicesToPutBack } from '../states/baseline.js';
import { refuseDatabaseAway } from '../steps/refuse-database-away.js';
import { refuseDenied } from '../steps/refuse-denied.js';
import { refuseMisfitsAtWork } from '../steps/refuse-misfits.js';
import { startServices } from '../steps/start-services.js';
import { verifyBeforeOpening } from '../steps/verify-deployment.js';
import { openGate } from './open-gate.js';

export interface ReopenOptions {
  /** The run that left the environment held, or, once its hold was let go of, the one that found what is to be put back. */
  readonly run: string;
  /** Starts services although their code is older than the schema: the caller knows that it works on it. Default false. */
  readonly oldCodeFits?: boolean | undefined;
}

export interface ReopenReport {
  readonly summary: string;
  /** service -> tasks that run */
  readonly started: Readonly<Record<string, number>>;
  readonly maintenance: 'on' | 'off';
}

/**
 * The way back from a hold: starts the services that were stopped, as they were found, verifies them, opens the gate, and lifts the hold.
 * Maintenance that somebody had turned on without this library before the held run began stays on; what `setMaintenance` has turned on is put back with the rest.
 *
 * Errors: Conflict when another run than `run` holds the environment; InvalidInput when none holds it and nothing is away from what `run`
 * found; Refused (`old-code-on-new-schema`) when the schema has, or may have, moved past the code of what is started or runs, unless `oldCodeFits`; Refused (`database-away`) in the middle of a restore; those of
 * `startServices`, `verifyDeployment`, `setMaintenance` and of every recipe. A failure after the first change leaves a hold of this run.
 */
export const reopen = defineRecipe(
  'reopen',
  async function* (run, options: ReopenOptions) {
    yield* run.step('confirm-hold', (env) => confirmHold(env, options.run).andThen((held) => refuseDatabaseAway(env).andThen(() => refuseDenied(env, stepsAhead(env))).map(() => held)));
    const { started } = yield* run.step('start-services', (env) =>
      refuseMisfitsAtWork(env, options.oldCodeFits).andThen(() => startServices(env, { services: servicesToPutBack(env), oldCodeFits: options.oldCodeFits })),
    );
    yield* run.step('verify-deployment', (env) => verifyBeforeOpening(env));
    const { maintenance } = yield* run.step('gate-off', (env) => openGate(env));
    const summary = maintenance === 'off' ? 'What was found is back, and visitors are let in' : 'What was found is back; maintenance was on before, and stays on';
    const report: ReopenReport = { summary, started, maintenance };
    return ok(report);
  },
  {
    steps: () => ['confirm-hold', 'start-services', 'verify-deployment', 'gate-off'],
    validate: (_, { run, oldCodeFits, ...others }) => [
      ...unknownOptionProblems(others, ['run', 'oldCodeFits']),
      ...(typeof run === 'string' && run !== '' ? [] : [`run: ${expectedGot('the identifier of the run that holds the environment', run)}`]),
      ...(oldCodeFits === undefined || typeof oldCodeFits === 'boolean' ? [] : [`oldCodeFits: ${expectedGot('a boolean', oldCodeFits)}`]),
    ],
    refusedByHold: false,
    supersedesHolds: true,
    failureTable: [{ step: 'gate-off', does: 'close-and-hold', leaves: 'hold in restricted' }],
  },
);

export type ReopenError = RecipeError<typeof reopen>;

/** Where only the gate is away nothing need be allowed that starts services: a way back is not to be refused for that. */
function stepsAhead(env: Environment): readonly StepName[] {
  const { putAside = [] } = env[internals].run?.baseline() ?? {};
  return recipeSteps.reopen.filter((step) => step !== 'start-services' || !putAside.every((key) => key.startsWith('gate')));
}

/** What is put back is what that run found: nobody else's hold is lifted by mistake, and no maintenance ended that a person has begun. */
function confirmHold(env: Environment, run: string): ResultAsync<{ readonly heldSince: string | null }, Conflict | InvalidInput | RunStoreFailed> {
  return readHold(env).andThen((hold): ResultAsync<{ readonly heldSince: string | null }, Conflict | InvalidInput> => {
    if (hold === null) return confirmBaseline(env, run).map(() => ({ heldSince: null }));
    if (hold.value.run === run) return okAsync({ heldSince: hold.value.since });
    return errAsync({
      kind: 'Conflict',
      reason: 'hold',
      holder: hold.value.run,
      message: `${env.definition.name} is held by run ${hold.value.run} (${hold.value.recipe}), not by ${run}. Nothing was changed.`,
      remedy: `Reopen after run ${hold.value.run} if it is that one you mean.`,
    });
  });
}

/** Without a hold, one that was let go of for instance, something that the run found must still be away. A plan is not told of holds. */
function confirmBaseline(env: Environment, run: string): ResultAsync<void, InvalidInput> {
  const baseline = env[internals].run?.baseline() ?? null;
  if (env.planning || baseline?.byRun === run) return okAsync(undefined);
  const instead = baseline === null ? 'nothing is away from what a run found' : `what is away was found by run ${baseline.byRun}`;
  return errAsync(invalidInput('reopen', [`run: no run ${run} holds ${env.definition.name}; ${instead}`]));
}
