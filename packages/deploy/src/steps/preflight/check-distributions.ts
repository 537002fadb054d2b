import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeLiveFunction, type FoundDistribution, type FoundFunction, testLiveFunction } from '../../aws/cloudfront.js';
import type { CloudFrontGateDefinition } from '../../environment/definition.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { takenBehaviors } from '../../gate/change-distributions.js';
import { distributionName, gateEntries } from '../../gate/distributions.js';
import { declaredGate, readDistributions } from '../../gate/read-distributions.js';
import { checksOf, found, type PreflightError } from './check.js';

const { ok: right, skip, warning, failed } = checksOf('gate');

/** The gate of distributions can be closed, and its function lets operators through and nobody else. */
export function checkDistributions(env: Environment): ResultAsync<readonly PreflightCheck[], PreflightError> {
  const gate = declaredGate(env);
  if (gate === null) return okAsync([skip('distributions', 'none declared')]);
  return safeTry(async function* () {
    const distributions = yield* found('gate', 'distributions', readDistributions(env));
    const live = yield* found('gate', 'maintenance function', describeLiveFunction(env, gate.functionName));
    const functionCheck = live.isErr() ? live.error : yield* checkFunction(env, gate, live.value);
    return ok([...(distributions.isErr() ? [distributions.error] : distributionChecks(gate, distributions.value)), functionCheck]);
  });
}

function distributionChecks(gate: CloudFrontGateDefinition, distributions: readonly FoundDistribution[]): readonly PreflightCheck[] {
  const problems = distributions.flatMap((distribution) => problemsOf(gate, distribution));
  const closed = distributions.flatMap((distribution) => gateEntries(distribution, gate.functionName)).filter((entry) => entry.closed);
  if (problems.length > 0) return problems;
  if (closed.length > 0) return [warning('distributions', `closed already: ${closed.map(({ name }) => name).join(', ')}`, 'What is closed now is taken for the normal state. Open it before if it was forgotten.')];
  return [right('distributions', `${distributions.map(distributionName).join(', ')}: deployed, and can be closed`)];
}

function problemsOf({ functionName }: CloudFrontGateDefinition, distribution: FoundDistribution): readonly PreflightCheck[] {
  const name = distributionName(distribution);
  const taken = takenBehaviors(distribution, functionName);
  return [
    ...(distribution.config.Enabled === true ? [] : [failed('distributions', `${name} is disabled`, 'Enable it, or take it out of maintenance.cloudFront.')]),
    ...(distribution.status === 'Deployed' ? [] : [failed('distributions', `${name} is ${distribution.status}`, 'Somebody has just changed it: wait until it is Deployed.')]),
    ...(taken.length === 0 ? [] : [failed('distributions', `${name}: something else answers viewer requests at ${taken.join(', ')}`, 'Let that function do what the gate does, or take it away from these behaviors.')]),
  ];
}

/** Run on two events by AWS itself ("Test functions"): nobody is sent anywhere by it. */
function checkFunction(env: Environment, { functionName }: CloudFrontGateDefinition, { eTag }: FoundFunction): ResultAsync<PreflightCheck, PreflightError> {
  const { name, value } = env[internals].header;
  const test = (headers: object) => testLiveFunction(env, functionName, eTag, viewerRequest(headers));
  return safeTry(async function* () {
    const visitor = yield* found('gate', 'maintenance function', test({}));
    const operator = yield* found('gate', 'maintenance function', test({ [name.toLowerCase()]: { value: value.reveal() } }));
    if (visitor.isErr()) return ok(visitor.error);
    if (operator.isErr()) return ok(operator.error);
    if (answers(operator.value) || !answers(visitor.value)) {
      const what = answers(operator.value) ? 'turns operators away as well, or fails' : 'lets visitors through';
      return ok(failed('maintenance function', `${functionName} ${what}`, 'It has to answer whoever comes without the maintenance header of this environment, and to return the request of whoever has it.'));
    }
    return ok(right('maintenance function', `${functionName} is published; it answers visitors, and lets operators through`));
  });
}

/** "CloudFront Functions event structure" */
function viewerRequest(headers: object): object {
  return { version: '1.0', context: { eventType: 'viewer-request' }, viewer: { ip: '192.0.2.1' }, request: { method: 'GET', uri: '/', querystring: {}, headers, cookies: {} } };
}

/** Whether the function answers itself, instead of letting the request through; one that fails is answered by CloudFront. */
function answers({ output, error }: { readonly output: string; readonly error: string }): boolean {
  if (error !== '') return true;
  try {
    return (JSON.parse(output) as { readonly request?: unknown }).request === undefined;
  } catch {
    return true;
  }
}
