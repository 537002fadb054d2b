import { ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices } from '../aws/ecs.js';
import { describeRules, type Rule } from '../aws/elbv2.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, Leak } from '../errors.js';
import { findLeaks } from './find-leaks.js';
import { type GateHeader, gatedRules } from './rules.js';

/** The listener's rules as the gate sees them. */
export interface Gate {
  readonly header: GateHeader;
  readonly rules: readonly Rule[];
  /** What is closed while maintenance is on: everything but the rules of administration services that run. */
  readonly gated: readonly Rule[];
  /** Where visitors would land, with all of `gated` closed, if not on the default action. */
  readonly leaks: readonly Leak[];
}

export interface GateOptions {
  /** Administration services whose rules are closed although they run: they are about to be paused. */
  readonly alsoClosed?: readonly string[] | undefined;
}

export function readGate(env: Environment, options: GateOptions = {}): ResultAsync<Gate, AwsError> {
  return safeTry(async function* () {
    const rules = yield* describeRules(env, env[internals].found.listenerArn);
    const administration = administrationServices(env).filter((name) => !options.alsoClosed?.includes(name));
    const services = yield* describeServices(env, administration);
    const running = services.filter((service) => (service.desiredCount ?? 0) > 0).map((service) => service.serviceName!);
    return ok(gateOf(env, rules, running));
  });
}

/** Pure: what the gate makes of these rules while these administration services are on. */
export function gateOf(env: Environment, rules: readonly Rule[], administrationOn: readonly string[]): Gate {
  const { header: secret, found } = env[internals];
  const header = { name: secret.name, value: secret.value.reveal() };
  const openTargetGroups = new Set(administrationOn.flatMap((name) => (found.targetGroupsOf[name] ?? []).map((group) => group.targetGroupArn)));
  const serviceOf = new Map(Object.entries(found.targetGroupsOf).flatMap(([name, groups]) => groups.map((group) => [group.targetGroupArn, name] as const)));
  const question = { rules, header, openTargetGroups, serviceOf, services: env.definition.services, fallbackHost: found.loadBalancerDnsName };
  return { header, rules, gated: gatedRules(rules, header, openTargetGroups), leaks: findLeaks(question) };
}

export function administrationServices(env: Environment): readonly string[] {
  return Object.keys(env.definition.services).filter((name) => env.definition.services[name]!.role === 'administration');
}

/** Administration services that use the instance: they write, and hold locks that a migration queues behind. */
export function administrationOnDatabase(env: Environment): readonly string[] {
  return administrationServices(env).filter((name) => usesDatabase(env, name));
}

/** A service that the definition says nothing of is taken to. */
export function usesDatabase(env: Environment, service: string): boolean {
  return env.definition.services[service]!.databases?.length !== 0;
}
