import { ok } from 'neverthrow';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { flagProblems, timeoutProblems, unknownOptionProblems, versionProblems } from '../environment/validate.js';
import type { NextAction } from '../errors.js';
import { recipeSteps } from '../permissions/step-actions.js';
import { defineRecipe, type RecipeError } from '../runs/define-recipe.js';
import { deployCore, type DeployReport } from '../steps/deploy-core.js';
import { lookBack, releasedServices } from '../steps/look-back.js';
import { type MovedTag, moveTagsIfAny } from '../steps/move-tags.js';
import { refuseDenied } from '../steps/refuse-denied.js';
import { verifyDeployment, type VerificationReport } from '../steps/verify-deployment.js';

export interface RollBackOptions {
  /** The version to go back to: `v1.54.7`. Its images are still in the private repository. */
  readonly to: string;
  /** Goes back although the schema has, or may have, moved since that version: the caller knows that the old code works on it. Default false. */
  readonly oldCodeFits?: boolean | undefined;
  /** Seconds that a step may take, by its name; default the step's own. `look` takes none. */
  readonly timeoutSeconds?: Readonly<Partial<Record<string, number>>> | undefined;
}

export interface RollBackReport {
  readonly to: string;
  readonly summary: string;
  /** service -> the version that it was on; null where nothing told. */
  readonly from: Readonly<Record<string, string | null>>;
  readonly deployment: DeployReport;
  readonly verification: VerificationReport;
  /** Mutable tags that were brought back. */
  readonly movedTags: readonly MovedTag[];
  /** As it was found: going back neither lets visitors in nor keeps them out. */
  readonly maintenance: 'on' | 'off';
  readonly nextActions: readonly NextAction[];
}

const steps = ['look', 'deploy-core', 'verify-deployment', 'move-tags'] as const;

/**
 * Brings the code back to an older version, and only the code: released images and mutable tags. Rolling, as `deployWithoutMigration`: where
 * visitors are let in they stay, where they are kept out they stay out. The mutable tags move back once the version is verified (under the
 * strategy `retag` they are what is deployed, and move first). The way back from a hold too, which it lifts; `nextActions` tells how visitors
 * come in again.
 *
 * Refuses where a migration has, or may have, changed the schema since that version, unless `oldCodeFits`: `restoreDb` brings the schema back,
 * and undoes a migration for good.
 *
 * Errors: InvalidInput; Refused (`old-code-on-new-schema`, `new-code-on-old-schema`, `database-away` in the middle of a restore, and `not-older` for a version that is newer than everything
 * that runs); NotFound for images that are gone; those of `deployCore`, `verifyDeployment`, `moveTags` and of every recipe, with `runId` and
 * `situation`. A failure after the first change holds the environment; `resume` goes on.
 */
export const rollBack = defineRecipe(
  'rollBack',
  async function* (run, options: RollBackOptions) {
    const { to: version, oldCodeFits } = options;
    const within = (step: (typeof steps)[number]) => ({ timeoutSeconds: options.timeoutSeconds?.[step] });

    const { from, maintenance, nextActions } = yield* run.step('look', (env) => lookBack(env, options).andThrough(() => refuseDenied(env, recipeSteps.rollBack)));
    const deployment = yield* run.step('deploy-core', (env) => deployCore(env, { version, oldCodeFits, ...within('deploy-core') }));
    const verification = yield* run.step('verify-deployment', (env) => verifyDeployment(env, { version, ...within('verify-deployment') }));
    const { moved } = yield* run.step('move-tags', (env) => moveTagsIfAny(env, version, within('move-tags')));

    const summary = `${version} is back; ${maintenance === 'off' ? 'visitors are let in, as they were' : 'visitors are kept out, as they were'}`;
    const report: RollBackReport = { to: version, summary, from, deployment, verification, movedTags: [...deployment.movedTags, ...moved], maintenance, nextActions };
    return ok(report);
  },
  {
    steps: () => steps,
    validate: problems,
    refusedByHold: false,
    supersedesHolds: true,
    continuedBy: 'resume',
    failureTable: [
      { step: 'look', does: 'nothing', leaves: 'untouched' },
      { step: 'deploy-core', does: 'hold', leaves: 'hold; where visitors were let in, tasks of before go on serving them' },
      { step: 'verify-deployment', does: 'hold', leaves: 'hold on the version that was gone back to' },
      { step: 'move-tags', does: 'hold', leaves: 'hold; the version is back, the mutable tags are not all moved' },
    ],
  },
);

export type RollBackError = RecipeError<typeof rollBack>;

function problems(definition: EnvironmentDefinition, { to, oldCodeFits, timeoutSeconds, ...others }: RollBackOptions): readonly string[] {
  return [
    ...versionProblems(to).map((problem) => problem.replace(/^version/, 'to')),
    ...flagProblems({ oldCodeFits }),
    ...timeoutProblems(steps.filter((step) => step !== 'look'), timeoutSeconds),
    ...unknownOptionProblems(others, ['to', 'oldCodeFits', 'timeoutSeconds']),
    ...(definition.images === undefined ? ['definition: expected images (where the images of a version are), got nothing'] : []),
    ...(releasedServices(definition).length === 0 ? ['definition: expected at least one service with release images, got none'] : []),
  ];
}
