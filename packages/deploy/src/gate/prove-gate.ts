import { ok, okAsync, ResultAsync, safeTry } from 'neverthrow';
import type { Rule } from '../aws/elbv2.js';
import { isoTime } from '../clock.js';
import { type Environment, internals } from '../environment/environment.js';
import { describeServices } from '../aws/ecs.js';
import type { Aborted, AwsError, Conflict, TimedOut } from '../errors.js';
import type { FrontDoorAnswer } from '../front-door.js';
import { type Probe, waitUntil } from '../wait.js';
import { type Door, doorsOf, unseenRules } from './doors.js';
import { firstMatch, type SampleRequest } from './match.js';
import type { Gate } from './read-gate.js';
import { forwardsOnlyTo, isDefaultRule, ruleName } from './rules.js';

/** Rule changes reach the balancer's nodes one after the other and AWS gives no bound: only several good answers in a row count. */
const answersInARow = 3;
const secondsBetweenRounds = 1;

export interface Proof {
  readonly hosts: readonly string[];
  readonly addresses: number;
  readonly provenAt: string;
  /** Rules, as they are called in reports, of which nobody has seen that (or whether wholly) they are closed, or open. */
  readonly unseen: readonly string[];
}

type ProofError = TimedOut | Aborted | Conflict;

/** What is wrong with the answer at a door; null: nothing. */
type Complaint = (door: Door, answer: FrontDoorAnswer) => string | null;

/** Looks at every gated host through every address of the balancer, over fresh connections, until all send visitors to the default action. */
export function proveClosed(env: Environment, gate: Gate, timeoutSeconds: number): ResultAsync<Proof, ProofError> {
  const all = doorsOf(env, gate);
  const doors = all.filter(({ request }) => landsOnDefault(gate, request));
  const wanted = defaultAnswer(gate.rules);
  const complaint: Complaint = ({ request }, answer) => (wanted?.(request, answer) === true ? null : `${request.host}${request.path} still answers ${describeAnswer(answer)}`);
  return prove(env, { doors, unseen: unseenRules(gate, all), waitingFor: 'visitors to be kept out at the front door', timeoutSeconds, complaint });
}

/**
 * The opposite: nobody is sent to the maintenance page any more, and no door of a declared service that wants tasks answers with an error
 * of the balancer. What is behind the other doors is not the release's: a door that was broken before does not keep the gate shut.
 */
export function proveOpen(env: Environment, gate: Gate, opened: readonly Rule[], timeoutSeconds: number): ResultAsync<Proof, ProofError | AwsError> {
  const ofOpened = { ...gate, gated: gate.gated.filter((rule) => opened.some((one) => one.RuleArn === rule.RuleArn)) };
  const doors = doorsOf(env, ofOpened);
  const maintenance = defaultAnswer(gate.rules);
  return servedTargetGroups(env).andThen((served) => {
    const complaint: Complaint = ({ rule, request }, answer) =>
      maintenance?.(request, answer) === true || (forwardsOnlyTo(rule, served) && isBalancerError(answer)) ? `${request.host}${request.path} answers ${describeAnswer(answer)}` : null;
    return prove(env, { doors, unseen: unseenRules(ofOpened, doors), waitingFor: 'visitors to be let in at the front door', timeoutSeconds, complaint });
  });
}

export interface BrokenDoors {
  /** Requests made: one for each door and address. */
  readonly looks: number;
  /** Doors that do not answer, and why. */
  readonly silent: readonly string[];
  /** Doors that answer with an error of the balancer. */
  readonly failing: readonly string[];
}

/** One look at every gated door, through every address of the balancer. */
export function findBrokenDoors(env: Environment, gate: Gate): ResultAsync<BrokenDoors, never> {
  const doors = doorsOf(env, gate);
  const failing = new Set<string>();
  const note: Complaint = ({ rule, request }, answer) => {
    if (isBalancerError(answer)) failing.add(`${request.host}${request.path} (rule ${rule.Priority}) answers ${answer.status}`);
    return null;
  };
  return addressesOf(env).andThen((addresses) =>
    round(env, doors, addresses, note).map((silent) => ({ looks: doors.length * addresses.length, silent: [...new Set(silent)], failing: [...failing] })),
  );
}

function servedTargetGroups(env: Environment): ResultAsync<ReadonlySet<string>, AwsError> {
  const { targetGroupsOf } = env[internals].found;
  const behind = Object.keys(targetGroupsOf).filter((name) => targetGroupsOf[name]!.length > 0);
  return describeServices(env, behind).map((services) => {
    const wanting = services.filter(({ desiredCount = 0 }) => desiredCount > 0);
    return new Set(wanting.flatMap(({ serviceName = '' }) => (targetGroupsOf[serviceName] ?? []).map(({ targetGroupArn }) => targetGroupArn)));
  });
}

function isBalancerError({ status }: FrontDoorAnswer): boolean {
  return [502, 503, 504].includes(status);
}

function landsOnDefault(gate: Gate, request: SampleRequest): boolean {
  const stillOpen = gate.rules.filter((rule) => isDefaultRule(rule) || !gate.gated.some((gated) => gated.RuleArn === rule.RuleArn));
  const rule = firstMatch(stillOpen, request);
  return rule !== undefined && isDefaultRule(rule);
}

interface Proving {
  readonly doors: readonly Door[];
  readonly unseen: readonly Rule[];
  readonly waitingFor: string;
  readonly timeoutSeconds: number;
  readonly complaint: Complaint;
}

function prove(env: Environment, { doors, unseen, waitingFor, timeoutSeconds, complaint }: Proving): ResultAsync<Proof, ProofError> {
  if (unseen.length > 0) env.emit({ type: 'warning', message: `${unseenText(unseen)}: look at them yourself` });
  let inARow = 0;
  return waitUntil(env, {
    waitingFor,
    timeoutSeconds,
    intervalSeconds: secondsBetweenRounds,
    planned: () => ({ hosts: [], addresses: 0, provenAt: '', unseen: [] }),
    probe: () =>
      safeTry(async function* () {
        const addresses = yield* addressesOf(env);
        const complaints = yield* round(env, doors, addresses, complaint);
        const complain = addresses.length === 0 ? `${env[internals].found.loadBalancerDnsName} does not resolve` : complaints[0];
        inARow = complain === undefined ? inARow + 1 : 0;
        if (complain !== undefined) return ok<Probe<Proof, never>>({ status: 'pending', seen: complain });
        if (inARow < answersInARow) return ok<Probe<Proof, never>>({ status: 'pending', seen: `as wanted, ${inARow} of ${answersInARow} times in a row` });
        const hosts = [...new Set(doors.map(({ request }) => request.host))];
        return ok<Probe<Proof, never>>({ status: 'done', value: { hosts, addresses: addresses.length, provenAt: isoTime(env.clock), unseen: unseen.map(ruleName) } });
      }),
  });
}

/** What is said of rules that no request reaches for certain. */
export function unseenText(rules: readonly Rule[]): string {
  return `no request shows from outside whether visitors get through ${rules.map(ruleName).join(', ')}`;
}

function addressesOf(env: Environment): ResultAsync<readonly (string | null)[], never> {
  const { frontDoor, found } = env[internals];
  return settled(frontDoor.addresses(found.loadBalancerDnsName), [] as readonly (string | null)[]);
}

function round(env: Environment, doors: readonly Door[], addresses: readonly (string | null)[], complaint: Complaint): ResultAsync<readonly string[], never> {
  const asked = addresses.flatMap((address) => doors.map((door) => ask(env, door, address, complaint)));
  return ResultAsync.combine(asked).map((answers) => answers.filter((answer) => answer !== null));
}

function ask(env: Environment, door: Door, address: string | null, complaint: Complaint): ResultAsync<string | null, never> {
  const request = { url: urlOf(env, door.request), address, headers: {}, signal: env.signal };
  const answered = ResultAsync.fromPromise(env[internals].frontDoor.request(request), (cause) => `${door.request.host} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
  return answered.map((answer) => complaint(door, answer)).orElse((unreachable) => okAsync<string | null, never>(unreachable));
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
