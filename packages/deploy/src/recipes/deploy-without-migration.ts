import { ok, okAsync, type ResultAsync } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import type { Environment } from '../environment/environment.js';
import { choiceProblems, expectedGot, timeoutProblems, unknownOptionProblems, versionProblems } from '../environment/validate.js';
import { defineRecipe, type RecipeError } from '../runs/define-recipe.js';
import type { FailureRow } from '../runs/failure-action.js';
import { readState, type ReadStateError } from '../states/read-state.js';
import { deployCore, type DeployReport } from '../steps/deploy-core.js';
import { type MovedTag, moveTags, type MoveTagsOptions } from '../steps/move-tags.js';
import { type CalendarPolicy, calendarPolicies, preflight } from '../steps/preflight.js';
import { openEveryRule, setMaintenance } from '../steps/set-maintenance.js';
import { verifyDeployment, type VerificationReport } from '../steps/verify-deployment.js';
import { promoteFirst, promotes } from './promote.js';

export interface DeployWithoutMigrationOptions {
  /** The version to be deployed: `v1.54.9`. Its code works on the schema as it is. */
  readonly version: string;
  /** `running`: visitors stay while old tasks are replaced by new ones, or are let in at the end. `restricted`: they are kept out from the beginning. */
  readonly to: 'running' | 'restricted';
  /** Maintenance of the database or a declared schedule that may come in between: `refuse` (default) or `warn`. */
  readonly calendar?: CalendarPolicy | undefined;
  /** Seconds that a step may take, by its name; default the step's own. */
  readonly timeoutSeconds?: Readonly<Partial<Record<string, number>>> | undefined;
}

export interface DeployWithoutMigrationReport {
  readonly version: string;
  readonly summary: string;
  readonly deployment: DeployReport;
  readonly verification: VerificationReport;
  /** Mutable tags that follow the version now. */
  readonly movedTags: readonly MovedTag[];
  readonly maintenance: 'on' | 'off';
}

const steps = ['preflight', 'promote-image', 'look', 'gate-on', 'deploy-core', 'verify-deployment', 'move-tags', 'gate-off'] as const;

/**
 * Deploys a version whose code works on the schema as it is: no shutdown, no snapshot, no migration. Rolling: new tasks are healthy before
 * old ones stop, and visitors notice nothing, unless `to` is `restricted`. The mutable tags move once the version is verified, so that
 * until then a replaced task comes up on the old one (under the strategy `retag` they are what is deployed, and move first).
 *
 * When the deployment or its verification fails the environment is held; where visitors were let in, the old tasks go on serving them.
 * A circuit breaker that rolls back ends the run with DeploymentFailed (`rolled-back`).
 *
 * Where the definition has `images.source` the version's images are promoted first.
 *
 * Errors: those of `preflight`, `promoteImage`, `setMaintenance`, `deployCore`, `verifyDeployment`, `moveTags` and of every recipe, with `runId` and
 * `situation`. A database that is off fails `preflight`.
 */
export const deployWithoutMigration = defineRecipe(
  'deployWithoutMigration',
  async function* (run, options: DeployWithoutMigrationOptions) {
    const { version, to, calendar } = options;
    const within = (step: (typeof steps)[number]) => ({ timeoutSeconds: options.timeoutSeconds?.[step] });

    yield* run.step('preflight', (env) => preflight(env, { for: 'deployment', version, otherTasks: 'allow', calendar }));
    yield* promoteFirst(run, { version, ...within('promote-image') });
    const { maintenance: found } = yield* run.step('look', look);
    if (to === 'restricted' && found !== 'on') yield* run.step('gate-on', (env) => setMaintenance(env, 'on', within('gate-on')));
    const deployment = yield* run.step('deploy-core', (env) => deployCore(env, { version, ...within('deploy-core') }));
    const verification = yield* run.step('verify-deployment', (env) => verifyDeployment(env, { version, ...within('verify-deployment') }));
    const { moved } = yield* run.step('move-tags', (env) => moveTagsIfAny(env, version, within('move-tags')));
    if (to === 'running' && found !== 'off') yield* run.step('gate-off', (env) => openEveryRule(env, within('gate-off')));

    const maintenance = to === 'running' ? 'off' : 'on';
    const summary = `${version} is deployed; ${maintenance === 'off' ? 'visitors are let in' : 'visitors are kept out'}`;
    const report: DeployWithoutMigrationReport = { version, summary, deployment, verification, movedTags: [...deployment.movedTags, ...moved], maintenance };
    return ok(report);
  },
  {
    steps: ({ to }, definition) => stepNames(definition).filter((step) => step !== (to === 'running' ? 'gate-on' : 'gate-off')),
    validate: problems,
    failureTable: failures(),
  },
);

export type DeployWithoutMigrationError = RecipeError<typeof deployWithoutMigration>;

function failures(): readonly FailureRow<DeployWithoutMigrationOptions>[] {
  return [
    { step: 'preflight', does: 'nothing', leaves: 'untouched' },
    { step: 'promote-image', does: 'nothing', leaves: 'untouched, but for images that nothing runs yet' },
    { step: 'look', does: 'nothing', leaves: 'untouched' },
    { step: 'gate-on', does: 'undone', leaves: 'as found' },
    { step: 'deploy-core', does: 'hold', leaves: 'hold; where visitors were let in, old tasks go on serving them' },
    { step: 'verify-deployment', does: 'hold', leaves: 'hold; where visitors were let in, they meet the new version' },
    { step: 'move-tags', does: 'hold', leaves: 'hold; the version is deployed, the mutable tags are not all moved' },
    { step: 'gate-off', does: 'close-and-hold', leaves: 'hold in restricted' },
  ];
}

function stepNames(definition: EnvironmentDefinition): readonly string[] {
  return steps.filter((step) => step !== 'promote-image' || promotes(definition));
}

/** What the way through the recipe depends on, journalled: a resumed run goes the way that it began. */
function look(env: Environment): ResultAsync<{ readonly maintenance: 'on' | 'off' | 'partly' }, ReadStateError> {
  return readState(env).map(({ gate: { maintenance } }) => ({ maintenance }));
}

function moveTagsIfAny(env: Environment, version: string, options: MoveTagsOptions): ReturnType<typeof moveTags> {
  return env.definition.images?.mutableTags === undefined ? okAsync({ moved: [] }) : moveTags(env, version, options);
}

function problems(definition: EnvironmentDefinition, options: DeployWithoutMigrationOptions): readonly string[] {
  const { version, to, calendar, timeoutSeconds, ...others } = options;
  return [
    ...versionProblems(version),
    ...(to === 'running' || to === 'restricted' ? [] : [`to: ${expectedGot("'running' or 'restricted'", to)}`]),
    ...choiceProblems('calendar', calendarPolicies, calendar),
    ...timeoutProblems(stepNames(definition).filter((step) => step !== 'preflight' && step !== 'look'), timeoutSeconds),
    ...unknownOptionProblems(others, ['version', 'to', 'calendar', 'timeoutSeconds']),
    ...(definition.images === undefined ? ['definition: expected images (where the images of a version are), got nothing'] : []),
  ];
}
