import { err, ok, okAsync, Result, ResultAsync } from 'neverthrow';
import type { HttpCheck } from '../../environment/definition.js';
import { internals, type Environment } from '../../environment/environment.js';
import type { FrontDoorAnswer } from '../../front-door.js';
import type { CheckOutcome } from './outcome.js';

/** Every request of the definition, through every address of the balancer, as an operator would make it. */
export function requestAll(env: Environment, version: string | undefined): ResultAsync<readonly CheckOutcome[], never> {
  const { frontDoor, found } = env[internals];
  const checks = env.definition.checks ?? [];
  if (checks.length === 0) return okAsync([]);
  return settle(frontDoor.addresses(found.loadBalancerDnsName)).andThen((addresses) => {
    if (addresses.isErr()) return okAsync([{ check: 'front door', problem: `${found.loadBalancerDnsName} does not resolve: ${addresses.error}` }]);
    return ResultAsync.combine(checks.map((check) => requestEverywhere(env, check, addresses.value, version)));
  });
}

/** One outcome a check: what the first address complains of, else what all have seen. */
function requestEverywhere(env: Environment, check: HttpCheck, addresses: readonly (string | null)[], version: string | undefined): ResultAsync<CheckOutcome, never> {
  return ResultAsync.combine(addresses.map((address) => requestOnce(env, check, address, version))).map((complaints) => {
    const problem = complaints.find((complaint) => complaint !== null);
    return problem === undefined ? { check: check.name, seen: describeSuccess(check, addresses.length, version) } : { check: check.name, problem };
  });
}

function requestOnce(env: Environment, check: HttpCheck, address: string | null, version: string | undefined): ResultAsync<string | null, never> {
  const { frontDoor, header } = env[internals];
  const headers = { [header.name]: header.value.reveal() };
  const through = address === null ? '' : ` through ${address}`;
  return settle(frontDoor.request({ url: check.url, address, headers, signal: env.signal })).map((answer) => {
    const complaint = answer.isErr() ? `no answer: ${answer.error}` : judgeAnswer(check, answer.value, version);
    return complaint === null ? null : `${check.url}${through}: ${complaint}`;
  });
}

/** null: as it should be. */
export function judgeAnswer({ status = 200, bodyIncludes, versionAt }: HttpCheck, answer: FrontDoorAnswer, version: string | undefined): string | null {
  if (answer.status !== status) return `expected status ${status}, got ${answer.status}${answer.location === null ? '' : ` to ${answer.location}`}`;
  if (bodyIncludes !== undefined && !answer.body.includes(bodyIncludes)) return `expected a body that includes ${JSON.stringify(bodyIncludes)}, got ${shortened(answer.body)}`;
  return versionAt === undefined || version === undefined ? null : judgeVersion(answer.body, versionAt, version);
}

function judgeVersion(body: string, path: string, version: string): string | null {
  const parsed = parseJson(body);
  if (parsed.isErr()) return `expected JSON with the version at ${path}, got ${shortened(body)}`;
  const seen = path.split('.').reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined), parsed.value);
  if (typeof seen === 'string' && bare(seen) === bare(version)) return null;
  return `expected version ${version} at ${path}, got ${JSON.stringify(seen) ?? 'nothing'}`;
}

const parseJson = Result.fromThrowable(
  (body: string) => JSON.parse(body) as unknown,
  () => null,
);

function bare(version: string): string {
  return version.replace(/^v/, '');
}

function shortened(body: string): string {
  return JSON.stringify(body.length > 80 ? `${body.slice(0, 80)}…` : body);
}

function describeSuccess({ url, status = 200, versionAt }: HttpCheck, addresses: number, version: string | undefined): string {
  const answered = `${url} answers ${status}${versionAt === undefined || version === undefined ? '' : ` with ${version}`}`;
  return addresses > 1 ? `${answered} through ${addresses} addresses` : answered;
}

/** The answer, or in words why there is none. */
function settle<T>(promise: Promise<T>): ResultAsync<Result<T, string>, never> {
  return ResultAsync.fromPromise(promise, (thrown) => (thrown instanceof Error ? thrown.message : String(thrown)))
    .map((value): Result<T, string> => ok(value))
    .orElse((why) => ok<Result<T, string>, never>(err(why)));
}
