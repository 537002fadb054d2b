import { ok } from 'neverthrow';
import { defineRecipe, type RecipeError } from '../runs/define-recipe.js';
import { startServices } from '../steps/start-services.js';
import { failureRows } from './failure-table.js';
import { migrationProblems, migrationStepNames, migrationSteps, type MigrationStepsOptions, type MigrationStepsReport } from './migration-steps.js';

export type ApplyMigrationOptions = MigrationStepsOptions;

export interface ApplyMigrationReport extends Omit<MigrationStepsReport, 'paused'> {
  readonly version: string;
  readonly summary: string;
}

/**
 * The first half of a release: promotes the version's images (where the definition has `images.source`), closes the gate, stops what uses the database, takes a snapshot and migrates. Ends in `db-only`: the gate
 * closed, application services stopped, administration back on. `deployCore` goes on from there.
 *
 * What happens when a step fails is in `failureTable`. Errors: those of its steps (`preflight`, `promoteImage`, `takeWarmSnapshot`, `setMaintenance`, `awaitDrained`,
 * `stopServices`, `snapshotDb`, `runMigration`, `awaitDbSettled`, `startServices`) and of every recipe, with `runId` and `situation`.
 */
export const applyMigration = defineRecipe(
  'applyMigration',
  async function* (run, options: ApplyMigrationOptions) {
    const { paused, ...migrated } = yield* migrationSteps(run, options);
    if (paused.length > 0) yield* run.step('start-administration', (env) => startServices(env, { services: paused, timeoutSeconds: options.timeoutSeconds?.['start-administration'] }));
    const { version } = options;
    const report: ApplyMigrationReport = { version, summary: `The database is on ${version}, snapshot ${migrated.restorePoint.snapshotId}; visitors are kept out until a version is deployed`, ...migrated };
    return ok(report);
  },
  {
    steps: (options, definition) => [...migrationStepNames(options, definition), ...otherSteps],
    validate: (definition, options) => migrationProblems(definition, options, otherSteps),
    failureTable: failureRows,
  },
);

const otherSteps = ['start-administration'];

export type ApplyMigrationError = RecipeError<typeof applyMigration>;
