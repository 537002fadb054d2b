import { errAsync, okAsync, ResultAsync } from 'neverthrow';
import { type Environment, internals, type RunFact } from '../environment/environment.js';
import { choiceProblems, expectedGot, flagProblems, versionProblems, waitProblems } from '../environment/validate.js';
import type { InvalidInput, PreflightCheck, PreflightFailed, RunError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import { otherTasksPolicies, type OtherTasksPolicy } from './other-tasks.js';
import type { PreflightError as CheckError } from './preflight/check.js';
import { checkCalendar } from './preflight/check-calendar.js';
import { checkCredentials } from './preflight/check-credentials.js';
import { checkDatabase } from './preflight/check-database.js';
import { checkDefinition } from './preflight/check-definition.js';
import { checkDistributions } from './preflight/check-distributions.js';
import { checkGate } from './preflight/check-gate.js';
import { checkImages } from './preflight/check-images.js';
import { checkRuns } from './preflight/check-runs.js';
import { checkServices } from './preflight/check-services.js';
import { checkUmami } from './preflight/check-umami.js';
import type { CalendarPolicy, PreflightPurpose, Question } from './preflight/question.js';
import { readOnce } from './preflight/read-once.js';
import { readWorstCase } from './preflight/worst-case.js';

export type { CalendarPolicy, PreflightPurpose } from './preflight/question.js';

interface PreflightPolicies {
  /** A warm snapshot is to be taken too: room for it. Default false. */
  readonly warm?: boolean | undefined;
  /** What is made of tasks that no declared service owns: `refuse` (default) fails the check, the others warn. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** A schema of which nobody knows what an earlier migration made of it: fails the check, unless this is true. Default false. */
  readonly retryMigration?: boolean | undefined;
  /** What is made of a backup window, maintenance or a declared schedule that may come in between: `refuse` (default) fails the check, `warn` warns. */
  readonly calendar?: CalendarPolicy | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReleasePreflightOptions extends PreflightPolicies {
  /** What is about to be done: `migration` (default: a release with one), or `deployment` (a release without). */
  readonly for?: 'migration' | 'deployment' | undefined;
  /** The version to be released: `v1.54.8`. */
  readonly version: string;
}

export interface TransitionPreflightOptions extends PreflightPolicies {
  /** Nothing is released: the environment is to be brought into another state. */
  readonly for: 'transition';
  readonly version?: undefined;
}

export type PreflightOptions = ReleasePreflightOptions | TransitionPreflightOptions;

export interface PreflightReport {
  /** In groups: credentials, images, definition, services, runs, database, calendar, gate. `renderPreflight` makes a tree of them. */
  readonly checks: readonly PreflightCheck[];
  readonly warnings: number;
}

export type PreflightError = InvalidInput | PreflightFailed | CheckError | RunError;

/**
 * Looks at everything that could stop what is about to be done, all at once, before a visitor is turned away. Changes nothing. Recipes that
 * release call it first. What only a migration needs is skipped for anything else, and says so. Looked at:
 *
 * - credentials: whose they are, that they last, or are renewed, until it is over at worst, and that they may do all that comes later, where IAM
 *   can be asked (`iam:SimulatePrincipalPolicy`, with the optional peer `@aws-sdk/client-iam`): also what distributions, run store, infrastructure
 *   lock and heartbeat need; of what `restoreDb` and `rollBack` need beyond a release it warns
 * - images of the version: there, or where they are published (`images.source`), and for the architecture of their tasks; those that run now: still there, under a tag of their version
 * - the definition: services that ECS deploys and that are active, their revisions, the migration's task, limits of Auto Scaling, what ECS
 *   does by itself in a deployment
 * - services: nothing newer runs, nor has the schema been migrated further, or by a migration whose
 *   outcome is unknown, and nobody is deploying
 * - runs: no hold, other run, migration or other task in flight, no other writer, a run store that outlives this machine
 * - the database: the one that was connected to, usable, nothing pending; backups on, room for a snapshot, storage; where the definition has
 *   an `sqlConnection`, that it connects; where it has an `sqlTask`, that it is there (it is not run)
 * - the calendar: no backup window, maintenance window, pending maintenance or declared schedule before it is over at worst: twice what the
 *   steps usually take in this environment, or an hour where it has no earlier runs
 * - the gate: room for the maintenance header, target groups behind the rules, no leak through closed rules, doors that answer from here;
 *   where distributions are declared: their function is published, lets operators through and nobody else, and they can be closed
 *   Umami, where there is one, lets the user in and shows the website
 *
 * What the other checks read needs no simulation: a call that is denied fails there.
 *
 * - PreflightFailed: at least one check failed; carries all of them, those that passed, were skipped (with the reason) or warn included.
 * - InvalidInput: options that are none, or a version that is none.
 * - Throttled, Unreachable, CredentialsExpired, Aborted, RunStoreFailed: nothing could be found out. A denied call is a failed check.
 */
export function preflight(env: Environment, options: PreflightOptions): ResultAsync<PreflightReport, PreflightError> {
  const spec = { name: 'preflight', changes: false, refusedByHold: false, known, problems: () => preflightProblems(options), options };
  return asRun<PreflightReport, PreflightError>(env, spec, (env) => checkAll(env, options));
}

const known = { for: true, version: true, warm: true, otherTasks: true, retryMigration: true, calendar: true, signal: true } satisfies Known<ReleasePreflightOptions>;
const purposes: readonly PreflightPurpose[] = ['migration', 'deployment', 'transition'];
export const calendarPolicies: readonly CalendarPolicy[] = ['refuse', 'warn'];

function preflightProblems({ version, for: purpose, warm, otherTasks, calendar, retryMigration, signal }: Partial<PreflightOptions> = {}): readonly string[] {
  const forTransition = version === undefined ? [] : [`version: ${expectedGot("none for a transition", version)}`];
  return [
    ...choiceProblems('for', purposes, purpose),
    ...(purpose === 'transition' ? forTransition : versionProblems(version)),
    ...choiceProblems('otherTasks', otherTasksPolicies, otherTasks),
    ...choiceProblems('calendar', calendarPolicies, calendar),
    ...flagProblems({ warm, retryMigration }),
    ...waitProblems({ signal }),
  ];
}

function checkAll(env: Environment, options: PreflightOptions): ResultAsync<PreflightReport, PreflightError> {
  const { for: purpose = 'migration', version = null, warm = false, otherTasks = 'refuse', calendar = 'refuse', retryMigration = false } = options;
  return readWorstCase(env, purpose).andThen((worstCase) => {
    const question: Question = { purpose, version, warm, otherTasks, calendar, retryMigration, worstCase, reads: readOnce(env) };
    const groups = [checkCredentials, checkImages, checkDefinition, checkServices, checkRuns, checkDatabase, checkCalendar, checkGate, checkDistributions, checkUmami].map((check) => check(env, question));
    return ResultAsync.combine(groups).andThen((checks) => conclude(env, question, checks.flat()));
  });
}

function conclude(env: Environment, question: Question, checks: readonly PreflightCheck[]): ResultAsync<PreflightReport, PreflightError> {
  const failed = checks.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return errAsync(preflightFailed(env, question, checks, failed));
  const warnings = checks.filter(({ status }) => status === 'warning');
  for (const { group, name, detail } of warnings) env.emit({ type: 'warning', message: `${group}, ${name}: ${detail}` });
  const leaks = warnings.flatMap(({ name, detail }) => (name === 'leaks' ? [detail] : []));
  const recorded = leaks.length === 0 ? undefined : env[internals].run?.record('leaksTold' satisfies RunFact, leaks);
  return (recorded ?? okAsync(undefined)).map(() => ({ checks, warnings: warnings.length }));
}

function preflightFailed(env: Environment, { version }: Question, checks: readonly PreflightCheck[], failed: readonly PreflightCheck[]): PreflightFailed {
  const { name: environment } = env.definition;
  const what = version === null ? `${environment} cannot be brought into another state` : `${version} cannot be released to ${environment}`;
  return {
    kind: 'PreflightFailed',
    checks,
    message: `${what}: ${failed.map(({ group, name, detail }) => `${group}, ${name}: ${detail}`).join('; ')}. Nothing was changed.`,
    remedy: failed.map(({ name, remedy }) => `${name}: ${remedy}`).join(' '),
  };
}
