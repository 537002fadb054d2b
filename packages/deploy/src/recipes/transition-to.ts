import { err, ok, type ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { choiceProblems, objectProblems, timeoutProblems, unknownOptionProblems } from '../environment/validate.js';
import type { Refused } from '../errors.js';
import { openRulesOfAdministration } from '../gate/administration-rules.js';
import { defineRecipe, type Recipe, type RecipeError, recipeParts } from '../runs/define-recipe.js';
import { always, type StepName } from '../permissions/step-actions.js';
import { transitionStepNames, type TransitionStepName } from '../states/plan-changes.js';
import { planFromHere, stateProblems, type TransitionPlan } from '../states/plan-transition.js';
import type { StateName } from '../states/state-definitions.js';
import { type OtherTasksPolicy, otherTasksPolicies } from '../steps/other-tasks.js';
import { refuseDenied } from '../steps/refuse-denied.js';
import { openEveryRule, setMaintenance } from '../steps/set-maintenance.js';
import { settleScaling } from '../steps/settle-scaling.js';
import { startDb } from '../steps/start-db.js';
import { startAsDefined } from '../steps/start-services.js';
import { stopDb } from '../steps/stop-db.js';
import { stopServices } from '../steps/stop-services.js';
import { verifyDeployment } from '../steps/verify-deployment.js';

export interface TransitionOptions {
  /** Tasks in the cluster that no declared service owns, when services stop; default `refuse`. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** `while-gated` (default) shortens deregistration delays and health check intervals while visitors are kept out. */
  readonly tuneTargetGroups?: 'while-gated' | 'never' | undefined;
  /** Seconds that a step may take, by its name; default the step's own. */
  readonly timeoutSeconds?: Readonly<Partial<Record<string, number>>> | undefined;
}

export interface TransitionToOptions extends TransitionOptions {
  readonly to: StateName;
}

export interface TransitionReport {
  readonly summary: string;
  readonly from: StateName | 'mixed';
  readonly to: StateName;
  /** Steps that were taken; none when the environment was in that state already. */
  readonly steps: readonly TransitionStepName[];
  /** In which ways the result differs from what the infrastructure code makes of that state. */
  readonly differs: readonly string[];
}

const recipe = defineRecipe(
  'transitionTo',
  async function* (run, options: TransitionToOptions) {
    const { to, otherTasks, tuneTargetGroups } = options;
    const within = (step: TransitionStepName) => ({ timeoutSeconds: options.timeoutSeconds?.[step] });
    const planned = yield* run.step('look', (env) => planFromHere(env, to).andThen(unlessRefused).andThrough((planned) => refuseDenied(env, stepsOf(planned))));
    const { from, differs } = planned;
    const taken = planned.steps.map(({ name }) => name);
    const resources = (step: TransitionStepName, kind: string) => resourcesOf(planned, step, kind);
    if (taken.length === 0) return ok<TransitionReport>({ summary: `It is ${to} already; nothing was changed`, from, to, steps: [], differs });

    if (taken.includes('gate-on')) yield* run.step('gate-on', (env) => setMaintenance(env, 'on', within('gate-on')));
    if (taken.includes('stop-services')) {
      const services = resources('stop-services', 'service ');
      yield* run.step('stop-services', (env) => stopServices(env, { services, administration: 'keep', otherTasks, tuneTargetGroups, ...within('stop-services') }));
    }
    if (taken.includes('stop-db')) yield* run.step('stop-db', (env) => stopDb(env, within('stop-db')));
    if (taken.includes('start-db')) yield* run.step('start-db', (env) => startDb(env, within('start-db')));
    if (taken.includes('start-services')) {
      const services = resources('start-services', 'service ');
      yield* run.step('start-services', (env) => startAsDefined(env, { services, ...within('start-services') }));
    }
    if (taken.includes('open-administration')) yield* run.step('open-administration', (env) => openRulesOfAdministration(env).map(() => ({})));
    if (taken.includes('verify-deployment')) yield* run.step('verify-deployment', (env) => verifyDeployment(env, within('verify-deployment')));
    if (taken.includes('gate-off')) yield* run.step('gate-off', (env) => openEveryRule(env, within('gate-off')));
    yield* run.step('settle-scaling', (env) => settleScaling(env, to));
    return ok<TransitionReport>({ summary: `It is ${to} now, and was ${from}`, from, to, steps: taken, differs });
  },
  {
    steps: () => ['look'],
    validate: (_, options) => transitionProblems(options),
    failureTable: [
      { step: 'look', does: 'nothing', leaves: 'untouched' },
      { step: 'gate-on', does: 'undone', leaves: 'as found' },
      { step: 'gate-off', does: 'close-and-hold', leaves: 'hold in restricted' },
    ],
  },
);

export type TransitionToError = RecipeError<typeof recipe>;

export interface TransitionTo extends Recipe<TransitionToOptions, TransitionReport, TransitionToError> {
  (env: Environment, to: StateName, options?: TransitionOptions): ResultAsync<TransitionReport, TransitionToError>;
  (env: Environment, options: TransitionToOptions): ResultAsync<TransitionReport, TransitionToError>;
}

/**
 * Brings an environment into a state, from whichever it is in, `mixed` too; `planTransition` tells beforehand what that means. Closing
 * begins with the gate, then services, then the database; opening goes the other way, verifies, and opens the gate last. What is right
 * already is not touched: called twice it changes nothing the second time. It neither migrates nor deploys.
 *
 * The result equals what the infrastructure code makes of that state, but for what the report lists in `differs`.
 *
 * Errors: InvalidInput; Refused (`transition`) for what waiting does not cure, with nothing changed; those of `setMaintenance`,
 * `stopServices`, `stopDb`, `startDb`, `startServices` and `verifyDeployment`, and of every recipe, with `runId` and `situation`. A failure
 * of the first step is undone; after a later one the environment is held, with the gate closed where it was, and `resume` goes on.
 */
export const transitionTo: TransitionTo = Object.assign(
  (env: Environment, to: StateName | TransitionToOptions, options: TransitionOptions = {}) => recipe(env, optionsOf(to, options)),
  { recipeName: recipe.recipeName, [recipeParts]: recipe[recipeParts] },
);

function optionsOf(to: StateName | TransitionToOptions, options: TransitionOptions): TransitionToOptions {
  if (typeof to === 'object' && to !== null) return to;
  // what is no object is refused as it is: spread, it would be no options at all
  return objectProblems('options', options).length > 0 ? (options as TransitionToOptions) : { ...options, to };
}

function resourcesOf({ steps }: TransitionPlan, step: TransitionStepName, kind: string): readonly string[] {
  const changes = steps.find(({ name }) => name === step)?.changes ?? [];
  return changes.flatMap(({ resource }) => (resource.startsWith(kind) ? [resource.slice(kind.length)] : []));
}

/** Only those that it takes this time: who may stop at night need not be allowed to start. */
function stepsOf({ steps }: TransitionPlan): readonly StepName[] {
  return steps.length === 0 ? [] : [...always, ...steps.map(({ name }) => name), 'settle-scaling'];
}

function unlessRefused(planned: TransitionPlan) {
  return planned.refusals.length === 0 ? ok(planned) : err(refused(planned));
}

function refused({ environment, to, refusals }: TransitionPlan): Refused {
  return {
    kind: 'Refused',
    rule: 'transition',
    message: `${environment} cannot be brought to ${to} as it is: ${refusals.join('; ')}. Nothing was changed.`,
    remedy: 'Mend what is named, then call it again.',
  };
}

function transitionProblems(options: TransitionToOptions): readonly string[] {
  const { to, otherTasks, tuneTargetGroups, timeoutSeconds, ...others } = options;
  return [
    ...stateProblems(to),
    ...('version' in others ? ['version: a transition neither migrates nor deploys: applyMigration, deployWithMigration and deployWithoutMigration take a version'] : unknownOptionProblems(others, ['to', 'otherTasks', 'tuneTargetGroups', 'timeoutSeconds'])),
    ...choiceProblems('otherTasks', otherTasksPolicies, otherTasks),
    ...choiceProblems('tuneTargetGroups', ['while-gated', 'never'], tuneTargetGroups),
    ...timeoutProblems(transitionStepNames, timeoutSeconds),
  ];
}
