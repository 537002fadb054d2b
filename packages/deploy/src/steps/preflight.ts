import { err, ok, ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { expectedGot, flagProblems, versionProblems, waitProblems } from '../environment/validate.js';
import type { InvalidInput, PreflightCheck, PreflightFailed, RunError } from '../errors.js';
import { asRun, type Known } from '../runs/as-run.js';
import type { OtherTasksPolicy } from './other-tasks.js';
import type { PreflightError as CheckError } from './preflight/check.js';
import { checkCredentials } from './preflight/check-credentials.js';
import { checkDatabase } from './preflight/check-database.js';
import { checkGate } from './preflight/check-gate.js';
import { checkImages } from './preflight/check-images.js';
import { checkRuns } from './preflight/check-runs.js';
import { checkServices } from './preflight/check-services.js';

export interface PreflightOptions {
  /** The version to be released: `v1.54.8`. */
  readonly version: string;
  /** What is made of tasks that no declared service owns: `refuse` (default) fails the check, the others warn. */
  readonly otherTasks?: OtherTasksPolicy | undefined;
  /** A schema of which nobody knows what an earlier migration made of it: fails the check, unless this is true. Default false. */
  readonly retryMigration?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PreflightReport {
  /** In groups: credentials, images, services, runs, database, gate. */
  readonly checks: readonly PreflightCheck[];
  readonly warnings: number;
}

export type PreflightError = InvalidInput | PreflightFailed | CheckError | RunError;

/**
 * Looks at everything that could stop a release of this version, all at once, before a visitor is turned away. Changes nothing.
 * Looked at: whose credentials; the images by digest, against the architecture of their tasks; that nothing newer runs, nor has the schema
 * been migrated further, or by a migration whose outcome is unknown, and that nobody is deploying;
 * holds, other runs, migrations and other tasks in flight; the database's status and pending modifications; that the listener's rules
 * have room for the maintenance header, that nobody leaks through closed ones, and that every door of theirs answers from here.
 *
 * - PreflightFailed: at least one check failed; carries all of them, those that passed, were skipped (with the reason) or warn included.
 * - InvalidInput: a version that is none.
 * - Throttled, Unreachable, CredentialsExpired, Aborted, RunStoreFailed: nothing could be found out. A denied call is a failed check.
 */
export function preflight(env: Environment, options: PreflightOptions): ResultAsync<PreflightReport, PreflightError> {
  const { version, otherTasks = 'refuse', retryMigration } = options ?? {};
  const policy = ['refuse', 'wait', 'allow'].includes(otherTasks) ? [] : [`otherTasks: ${expectedGot("'refuse', 'wait' or 'allow'", otherTasks)}`];
  const spec = { name: 'preflight', changes: false, refusedByHold: false, known: { version: true, otherTasks: true, retryMigration: true, signal: true } satisfies Known<PreflightOptions>, problems: () => [...versionProblems(version), ...policy, ...flagProblems({ retryMigration }), ...waitProblems(options)], options };
  return asRun<PreflightReport, PreflightError>(env, spec, (env) => checkAll(env, { version, otherTasks, retryMigration: retryMigration === true }));
}

interface Release {
  readonly version: string;
  readonly otherTasks: OtherTasksPolicy;
  readonly retryMigration: boolean;
}

function checkAll(env: Environment, { version, otherTasks, retryMigration }: Release): ResultAsync<PreflightReport, PreflightError> {
  const groups = [checkCredentials(env), checkImages(env, version), checkServices(env, { version, retryMigration }), checkRuns(env, otherTasks), checkDatabase(env), checkGate(env)];
  return ResultAsync.combine(groups).andThen((checks) => conclude(env, version, checks.flat()));
}

function conclude(env: Environment, version: string, checks: readonly PreflightCheck[]) {
  const failed = checks.filter(({ status }) => status === 'failed');
  if (failed.length > 0) return err(preflightFailed(env, version, checks, failed));
  const warnings = checks.filter(({ status }) => status === 'warning');
  for (const { group, name, detail } of warnings) env.emit({ type: 'warning', message: `${group}, ${name}: ${detail}` });
  return ok({ checks, warnings: warnings.length });
}

function preflightFailed(env: Environment, version: string, checks: readonly PreflightCheck[], failed: readonly PreflightCheck[]): PreflightFailed {
  return {
    kind: 'PreflightFailed',
    checks,
    message: `${version} cannot be released to ${env.definition.name}: ${failed.map(({ group, name, detail }) => `${group}, ${name}: ${detail}`).join('; ')}. Nothing was changed.`,
    remedy: failed.map(({ name, remedy }) => `${name}: ${remedy}`).join(' '),
  };
}
