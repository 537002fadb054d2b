import { err, ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { versionProblems, waitProblems } from '../environment/validate.js';
import type { Aborted, AwsError, Conflict, InvalidInput, RunError, VerificationFailed } from '../errors.js';
import { proveClosed } from '../gate/prove-gate.js';
import { readDistributionGate } from '../gate/read-distributions.js';
import { readGate } from '../gate/read-gate.js';
import { ruleHasHeader, ruleName } from '../gate/rules.js';
import { asRun, type Known } from '../runs/as-run.js';
import { gateIsAside } from '../states/baseline.js';
import { type Probe, waitUntil } from '../wait.js';
import { startDeadline } from './deadline.js';
import { requestAll } from './verify-deployment/operator-requests.js';
import type { CheckOutcome } from './verify-deployment/outcome.js';
import { runOwnChecks } from './verify-deployment/own-checks.js';
import { checkTargets } from './verify-deployment/target-health.js';

export interface VerifyDeploymentOptions {
  /** The version that checks with `versionAt` must see; not given: any. */
  readonly version?: string | undefined;
  /** How long what fails is tried again, all together; default 300. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerificationReport {
  readonly version: string | null;
  /** Checks that passed, and what they saw. */
  readonly checks: readonly { readonly check: string; readonly seen: string }[];
}

export type VerifyDeploymentError = InvalidInput | AwsError | Aborted | Conflict | VerificationFailed | RunError;

/** A service that has just become steady may answer its first requests slowly. */
const defaultTimeoutSeconds = 300;
const intervalSeconds = 5;

/**
 * Asks whether the deployment works, as an operator: the definition's requests through every address of the balancer with the
 * maintenance header (status, body, version), the checks given to `connect`, the health of application services' targets, and that visitors
 * are still turned away: at every door in a run that keeps them out, else at those that are closed. What fails is tried again until
 * `timeoutSeconds` are over. Changes nothing.
 *
 * - VerificationFailed: lists everything that fails.
 * - InvalidInput: a version that is none. Conflict: a foreign change. Aborted; any AwsError.
 */
export function verifyDeployment(env: Environment, options: VerifyDeploymentOptions = {}): ResultAsync<VerificationReport, VerifyDeploymentError> {
  const problems = () => [...(options.version === undefined ? [] : versionProblems(options.version)), ...waitProblems(options)];
  const spec = { name: 'verifyDeployment', changes: false, refusedByHold: false, known: { version: true, timeoutSeconds: true, signal: true } satisfies Known<VerifyDeploymentOptions>, problems, options };
  return asRun<VerificationReport, VerifyDeploymentError>(env, spec, (env) => verify(env, options, gateIsAside(env)));
}

/** As `verifyDeployment`, right before the gate is opened: a door that an opening which was interrupted has opened already may be open. */
export function verifyBeforeOpening(env: Environment): ResultAsync<VerificationReport, VerifyDeploymentError> {
  return verify(env, {}, false);
}

function verify(env: Environment, { version, timeoutSeconds = defaultTimeoutSeconds }: VerifyDeploymentOptions, allClosed: boolean): ResultAsync<VerificationReport, VerifyDeploymentError> {
  if (env.planning) return okAsync({ version: version ?? null, checks: [] });
  const secondsLeft = startDeadline(env, timeoutSeconds);
  let last: readonly CheckOutcome[] = [];
  return safeTry<VerificationReport, VerifyDeploymentError>(async function* () {
    const waited = await waitUntil<void, never, AwsError>(env, {
      waitingFor: 'every check to pass',
      timeoutSeconds,
      intervalSeconds,
      probe: () => checkAll(env, version).map((outcomes) => judge((last = outcomes))),
    });
    if (waited.isErr()) return err(waited.error.kind === 'TimedOut' ? verificationFailed(env, version, last) : waited.error);
    const outcomes = [...last, ...(yield* checkVisitors(env, secondsLeft(), allClosed))];
    return outcomes.some(isFailure) ? err(verificationFailed(env, version, outcomes)) : ok({ version: version ?? null, checks: outcomes.filter(isSuccess) });
  });
}

function checkAll(env: Environment, version: string | undefined): ResultAsync<readonly CheckOutcome[], AwsError> {
  return ResultAsync.combine([requestAll(env, version), runOwnChecks(env), checkTargets(env)]).map((outcomes) => outcomes.flat());
}

function judge(outcomes: readonly CheckOutcome[]): Probe<void, never> {
  const failures = outcomes.filter(isFailure);
  if (failures.length === 0) return { status: 'done', value: undefined };
  return { status: 'pending', seen: failures.map(({ check, problem }) => `${check}: ${problem}`).join('; '), progress: (outcomes.length - failures.length) / outcomes.length };
}

/** Whoever has no header still lands on the default action at every closed door; in a run that keeps visitors out all of them are to be closed. */
function checkVisitors(env: Environment, timeoutSeconds: number, allClosed: boolean): ResultAsync<readonly CheckOutcome[], AwsError | Aborted | Conflict> {
  const check = 'visitors are kept out';
  return ResultAsync.combine([readGate(env), readDistributionGate(env)]).andThen(([gate, distributions]): ResultAsync<readonly CheckOutcome[], Aborted | Conflict> => {
    const open = gate.gated.filter((rule) => !ruleHasHeader(rule, gate.header.name));
    const opened = [...open.map(ruleName), ...distributions.filter(({ closed }) => !closed).map(({ name }) => name)];
    if (allClosed && opened.length > 0) return okAsync([{ check, problem: `the gate is not closed: ${opened.join(', ')}` }]);
    const closed = gate.gated.filter((rule) => !open.includes(rule));
    if (closed.length === 0) return okAsync([]);
    return proveClosed(env, { ...gate, gated: closed }, timeoutSeconds)
      .map(({ hosts, addresses }) => [{ check, seen: `${hosts.join(', ')} through ${addresses} ${addresses === 1 ? 'address' : 'addresses'}` }])
      .orElse((error) => (error.kind === 'TimedOut' ? ok([{ check, problem: error.lastSeen }]) : err(error)));
  });
}

function isFailure(outcome: CheckOutcome): outcome is Extract<CheckOutcome, { readonly problem: string }> {
  return 'problem' in outcome;
}

function isSuccess(outcome: CheckOutcome): outcome is Extract<CheckOutcome, { readonly seen: string }> {
  return 'seen' in outcome;
}

function verificationFailed(env: Environment, version: string | undefined, outcomes: readonly CheckOutcome[]): VerificationFailed {
  const failures = outcomes.filter(isFailure).map(({ check, problem }) => ({ check, message: problem }));
  return {
    kind: 'VerificationFailed',
    failures,
    message: `${version ?? 'The deployment'} does not work in ${env.definition.name}: ${failures.map(({ check, message }) => `${check}: ${message}`).join('; ')}`,
    remedy: 'Mend what fails and verify again; look at the tasks’ logs first.',
  };
}
