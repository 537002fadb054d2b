import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { Rule } from '../aws/elbv2.js';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import type { Aborted, Conflict, TimedOut } from '../errors.js';
import type { FrontDoorAnswer } from '../front-door.js';
import { type Probe, waitUntil } from '../wait.js';
import { firstMatch, type SampleRequest, sampleOf } from './match.js';
import type { Gate } from './read-gate.js';
import { isDefaultRule, openConditions } from './rules.js';

/** Rule changes reach the balancer's nodes one after the other and AWS gives no bound: only several good answers in a row count. */
const answersInARow = 3;
const secondsBetweenRounds = 1;

export interface Proof {
  readonly hosts: readonly string[];
  readonly addresses: number;
  readonly provenAt: string;
}

interface Sample {
  readonly request: SampleRequest;
  readonly rule: Rule;
}

/** Looks at every gated host through every address of the balancer, over fresh connections, until all send visitors to the default action. */
export function proveClosed(env: Environment, gate: Gate, timeoutSeconds: number): ResultAsync<Proof, TimedOut | Aborted | Conflict> {
  const closed = samplesOf(env, gate).filter(({ request }) => landsOnDefault(gate, request));
  const wanted = defaultAnswer(gate.rules);
  return prove(env, closed, 'visitors to be kept out at the front door', timeoutSeconds, (sample, answer) =>
    wanted === null || wanted(sample.request, answer) ? null : `${sample.request.host}${sample.request.path} still answers ${describeAnswer(answer)}`,
  );
}

/** The opposite: nobody is sent to the maintenance page any more, and no door answers with an error of the balancer. */
export function proveOpen(env: Environment, gate: Gate, opened: readonly Rule[], timeoutSeconds: number): ResultAsync<Proof, TimedOut | Aborted | Conflict> {
  const open = samplesOf(env, gate).filter(({ rule }) => opened.some((one) => one.RuleArn === rule.RuleArn));
  const maintenance = defaultAnswer(gate.rules);
  return prove(env, open, 'visitors to be let in at the front door', timeoutSeconds, (sample, answer) =>
    maintenance?.(sample.request, answer) === true || [502, 503, 504].includes(answer.status) ? `${sample.request.host}${sample.request.path} answers ${describeAnswer(answer)}` : null,
  );
}

/** One request a rule, where the rule is the one that serves it while the gate is open. */
function samplesOf(env: Environment, gate: Gate): readonly Sample[] {
  const open = gate.rules.map((rule) => ({ ...rule, Conditions: openConditions(rule, gate.header.name) }));
  return gate.gated
    .map((rule) => ({ rule, request: sampleOf(rule, env[internals].found.loadBalancerDnsName) }))
    .filter(({ rule, request }) => firstMatch(open, request)?.RuleArn === rule.RuleArn);
}

function landsOnDefault(gate: Gate, request: SampleRequest): boolean {
  const stillOpen = gate.rules.filter((rule) => isDefaultRule(rule) || !gate.gated.some((gated) => gated.RuleArn === rule.RuleArn));
  const rule = firstMatch(stillOpen, request);
  return rule !== undefined && isDefaultRule(rule);
}

function prove(
  env: Environment,
  samples: readonly Sample[],
  waitingFor: string,
  timeoutSeconds: number,
  complaint: (sample: Sample, answer: FrontDoorAnswer) => string | null,
): ResultAsync<Proof, TimedOut | Aborted | Conflict> {
  const { frontDoor, found } = env[internals];
  let inARow = 0;
  return waitUntil(env, {
    waitingFor,
    timeoutSeconds,
    intervalSeconds: secondsBetweenRounds,
    planned: () => ({ hosts: [], addresses: 0, provenAt: '' }),
    probe: () =>
      safeTry(async function* () {
        const addresses = yield* settled(frontDoor.addresses(found.loadBalancerDnsName), [] as readonly (string | null)[]);
        const complaints = yield* round(env, samples, addresses, complaint);
        const complain = addresses.length === 0 ? `${found.loadBalancerDnsName} does not resolve` : complaints[0];
        inARow = complain === undefined ? inARow + 1 : 0;
        if (complain !== undefined) return ok<Probe<Proof, never>>({ status: 'pending', seen: complain });
        if (inARow < answersInARow) return ok<Probe<Proof, never>>({ status: 'pending', seen: `as wanted, ${inARow} of ${answersInARow} times in a row` });
        const hosts = [...new Set(samples.map(({ request }) => request.host))];
        return ok<Probe<Proof, never>>({ status: 'done', value: { hosts, addresses: addresses.length, provenAt: isoTime(env.clock) } });
      }),
  });
}

function round(
  env: Environment,
  samples: readonly Sample[],
  addresses: readonly (string | null)[],
  complaint: (sample: Sample, answer: FrontDoorAnswer) => string | null,
): ResultAsync<readonly string[], never> {
  const asked = addresses.flatMap((address) => samples.map((sample) => ask(env, sample, address, complaint)));
  return ResultAsync.combine(asked).map((answers) => answers.filter((answer) => answer !== null));
}

function ask(env: Environment, sample: Sample, address: string | null, complaint: (sample: Sample, answer: FrontDoorAnswer) => string | null): ResultAsync<string | null, never> {
  const request = { url: urlOf(env, sample.request), address, headers: {}, signal: env.signal };
  const answered = ResultAsync.fromPromise(env[internals].frontDoor.request(request), (cause) => `${sample.request.host} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
  return answered.map((answer) => complaint(sample, answer)).orElse((unreachable) => okAsync<string | null, never>(unreachable));
}

function settled<T>(promise: Promise<T>, otherwise: T): ResultAsync<T, never> {
  return ResultAsync.fromPromise(promise, () => null).orElse(() => okAsync<T, never>(otherwise));
}

export function urlOf(env: Environment, request: SampleRequest): string {
  const { listenerProtocol, listenerPort } = env[internals].found;
  const port = (listenerProtocol === 'HTTPS' ? 443 : 80) === listenerPort ? '' : `:${listenerPort}`;
  return `${listenerProtocol.toLowerCase()}://${request.host}${port}${request.path}`;
}

/** Whether an answer is the default action's; null when the default action cannot be recognised from outside (it forwards). */
export function defaultAnswer(rules: readonly Rule[]): ((request: SampleRequest, answer: FrontDoorAnswer) => boolean) | null {
  const action = rules.find(isDefaultRule)?.Actions?.find((one) => one.Type !== 'authenticate-oidc' && one.Type !== 'authenticate-cognito');
  const fixed = action?.FixedResponseConfig;
  if (fixed !== undefined) return (_, answer) => answer.status === Number(fixed.StatusCode) && answer.body === (fixed.MessageBody ?? '');
  const redirect = action?.RedirectConfig;
  if (redirect === undefined) return null;
  const status = redirect.StatusCode === 'HTTP_301' ? 301 : 302;
  return (request, answer) => {
    if (answer.status !== status || answer.location === null) return false;
    const location = URL.canParse(answer.location) ? new URL(answer.location) : null;
    const fill = (template: string) => template.replaceAll('#{host}', request.host).replaceAll('#{path}', request.path.replace(/^\//, ''));
    const sameHost = location?.hostname === fill(redirect.Host ?? '#{host}');
    return sameHost && (redirect.Path === undefined || redirect.Path === '/#{path}' || location?.pathname === fill(redirect.Path));
  };
}

function describeAnswer(answer: FrontDoorAnswer): string {
  return answer.location === null ? `${answer.status}` : `${answer.status} to ${answer.location}`;
}
