import { okAsync, ResultAsync, safeTry, ok } from 'neverthrow';
import type { FoundDistribution } from '../aws/cloudfront.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, AwsError, Conflict, TimedOut } from '../errors.js';
import type { FrontDoorAnswer } from '../front-door.js';
import { type Probe, waitUntil } from '../wait.js';
import { behaviorsOf } from './distributions.js';
import { declaredGate, readDistributions } from './read-distributions.js';

const answersInARow = 3;
const secondsBetweenRounds = 1;

interface Wanted {
  readonly to: 'closed' | 'open';
  readonly staying?: Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * Looks at the default behavior of each distribution, through its aliases, as a visitor and as an operator. Closed: the visitor is sent
 * elsewhere, and the operator is not. Open: both are answered the same. Only the edge location that is near answers: that every one has the
 * change is what CloudFront says.
 */
export function proveDistributions(env: Environment, wanted: Wanted, timeoutSeconds: number): ResultAsync<void, TimedOut | Aborted | Conflict | AwsError> {
  return readDistributions(env).andThen((found) => prove(env, doorsOf(env, found, wanted), wanted.to, timeoutSeconds));
}

function prove(env: Environment, hosts: readonly string[], to: 'closed' | 'open', timeoutSeconds: number): ResultAsync<void, TimedOut | Aborted | Conflict> {
  let inARow = 0;
  return waitUntil(env, {
    waitingFor: to === 'closed' ? 'visitors to be kept out of the distributions' : 'visitors to be let in to the distributions',
    timeoutSeconds,
    intervalSeconds: secondsBetweenRounds,
    planned: () => undefined,
    probe: () =>
      safeTry(async function* () {
        const complaints = yield* ResultAsync.combine(hosts.map((host) => complaintAt(env, host, to)));
        const complaint = complaints.find((one) => one !== null);
        inARow = complaint === undefined ? inARow + 1 : 0;
        if (complaint !== undefined) return ok<Probe<void, never>>({ status: 'pending', seen: complaint });
        return ok<Probe<void, never>>(inARow < answersInARow ? { status: 'pending', seen: `as wanted, ${inARow} of ${answersInARow} times in a row` } : { status: 'done', value: undefined });
      }),
  });
}

/** Hosts whose default behavior is to be as wanted: an alias with a wildcard is no host, and a disabled distribution answers nobody. */
function doorsOf(env: Environment, found: readonly FoundDistribution[], { to, staying }: Wanted): readonly string[] {
  const { functionName = '' } = declaredGate(env) ?? {};
  return found
    .filter(({ config, id }) => config.Enabled === true && (to === 'closed' || staying?.[id]?.includes(behaviorsOf(config, functionName).at(-1)?.name ?? '') !== true))
    .flatMap(({ config, domainName }) => {
      const hosts = (config.Aliases?.Items ?? []).filter((alias) => !alias.includes('*'));
      return hosts.length === 0 ? [domainName] : hosts;
    });
}

function complaintAt(env: Environment, host: string, to: 'closed' | 'open'): ResultAsync<string | null, never> {
  const { name, value } = env[internals].header;
  return ResultAsync.combine([ask(env, host, {}), ask(env, host, { [name]: value.reveal() })])
    .map(([visitor, operator]) => (to === 'closed' ? closedComplaint(host, visitor, operator) : openComplaint(host, visitor, operator)))
    .orElse((unreachable) => okAsync<string | null, never>(unreachable));
}

function closedComplaint(host: string, visitor: FrontDoorAnswer, operator: FrontDoorAnswer): string | null {
  if (visitor.location === null || visitor.status < 300 || visitor.status >= 400) return `${host} still answers visitors ${describe(visitor)}`;
  return sameAnswer(visitor, operator) ? `${host} sends operators away as well: ${describe(operator)}` : null;
}

function openComplaint(host: string, visitor: FrontDoorAnswer, operator: FrontDoorAnswer): string | null {
  return sameAnswer(visitor, operator) ? null : `${host} answers visitors ${describe(visitor)}, and operators ${describe(operator)}`;
}

function sameAnswer(one: FrontDoorAnswer, other: FrontDoorAnswer): boolean {
  return one.status === other.status && one.location === other.location;
}

function describe({ status, location }: FrontDoorAnswer): string {
  return location === null ? `${status}` : `${status} to ${location}`;
}

function ask(env: Environment, host: string, headers: Readonly<Record<string, string>>): ResultAsync<FrontDoorAnswer, string> {
  const request = { url: `https://${host}/`, address: null, headers, signal: env.signal };
  return ResultAsync.fromPromise(env[internals].frontDoor.request(request), (cause) => `${host} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
}
