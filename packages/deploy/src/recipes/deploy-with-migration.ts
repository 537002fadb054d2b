import { errAsync, ok } from 'neverthrow';
import { choiceProblems } from '../environment/validate.js';
import { defineRecipe, type RecipeError } from '../runs/define-recipe.js';
import { deployCore, type DeployReport } from '../steps/deploy-core.js';
import { verifyDeployment, type VerificationReport } from '../steps/verify-deployment.js';
import { failureRows } from './failure-table.js';
import { migrationProblems, migrationStepNames, migrationSteps, type MigrationStepsOptions, type MigrationStepsReport } from './migration-steps.js';
import { openGate } from './open-gate.js';

export interface DeployWithMigrationOptions extends MigrationStepsOptions {
  /** `manual` (default) ends in `restricted`, for a person to look and open; `when-verified` lets visitors in once the verification has passed. */
  readonly reopen?: 'manual' | 'when-verified' | undefined;
}

export interface DeployWithMigrationReport extends Omit<MigrationStepsReport, 'paused'> {
  readonly version: string;
  readonly summary: string;
  readonly deployment: DeployReport;
  readonly verification: VerificationReport;
  /** ISO time from which visitors were let in; null when they are not. */
  readonly openedAt: string | null;
  readonly maintenance: 'on' | 'off';
}

/**
 * The whole release of a version with a database migration: the runbook. Promotes its images (where the definition has
 * `images.source`), closes the gate, waits for visitors to leave, stops what uses the
 * database, takes a snapshot, migrates, waits for the database to settle, deploys the version, verifies it, and opens the gate when told.
 * Ends in `running` (or, with `reopen: 'manual'` or when maintenance was on before, in `restricted`).
 *
 * What happens when a step fails is in `failureTable`. Errors: those of its steps (`preflight`, `promoteImage`, `takeWarmSnapshot`, `setMaintenance`, `awaitDrained`,
 * `stopServices`, `snapshotDb`, `runMigration`, `awaitDbSettled`, `deployCore`, `startServices`, `verifyDeployment`) and of every recipe,
 * with `runId` and `situation`.
 */
export const deployWithMigration = defineRecipe(
  'deployWithMigration',
  async function* (run, options: DeployWithMigrationOptions) {
    const { version } = options;
    const within = (step: string) => ({ timeoutSeconds: options.timeoutSeconds?.[step] });

    const { paused: _, ...migrated } = yield* migrationSteps(run, options);
    const deployment = yield* run.step('deploy-core', (env) => deployCore(env, { version, ...within('deploy-core') }));
    const verification = yield* run.step('verify-deployment', (env) => verifyDeployment(env, { version, ...within('verify-deployment') }));
    const opened = options.reopen === 'when-verified' ? yield* run.step('gate-off', (env) => openGateTwice(env, within('gate-off'))) : null;

    const maintenance = opened?.maintenance ?? 'on';
    const openedAt = maintenance === 'off' ? (opened?.provenAt ?? null) : null;
    const summary = `${version} is deployed and the database migrated; ${maintenance === 'off' ? 'visitors are let in' : 'visitors are still kept out'}`;
    const report: DeployWithMigrationReport = { version, summary, ...migrated, deployment, verification, openedAt, maintenance };
    return ok(report);
  },
  {
    steps: (options, definition) => [...migrationStepNames(options, definition), ...otherSteps.slice(0, options.reopen === 'when-verified' ? undefined : -1)],
    validate: (definition, options) => [...migrationProblems(definition, options, otherSteps, ['reopen']), ...choiceProblems('reopen', ['manual', 'when-verified'], options.reopen)],
    failureTable: failureRows,
  },
);

const otherSteps = ['deploy-core', 'verify-deployment', 'gate-off'];

/** Everything works behind the gate: one more attempt is worth more than another hour of maintenance. */
function openGateTwice(...[env, options]: Parameters<typeof openGate>): ReturnType<typeof openGate> {
  return openGate(env, options).orElse((error) => (error.kind === 'TimedOut' || error.kind === 'Throttled' || error.kind === 'Unreachable' ? openGate(env, options) : errAsync(error)));
}

export type DeployWithMigrationError = RecipeError<typeof deployWithMigration>;
