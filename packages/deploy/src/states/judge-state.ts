import type { EnvironmentDefinition } from '../environment/definition.js';
import { instanceCondition } from '../steps/instance-status.js';
import { stateDefinitions, stateNames, type StateName } from './state-definitions.js';

/** What keeps visitors out, rule by rule, and distribution by distribution where they are declared; rules of administration services that run are not part of it. */
export interface GateState {
  readonly maintenance: 'on' | 'off' | 'partly';
  readonly closed: readonly string[];
  readonly open: readonly string[];
}

export interface ServiceState {
  readonly desired: number;
  readonly running: number;
  readonly taskDefinition: string;
  /** A deployment is in progress, or an older one still has tasks. */
  readonly deploying: boolean;
  /** The newest deployment has failed. */
  readonly failed: boolean;
}

export interface Configuration {
  readonly definition: EnvironmentDefinition;
  readonly gate: GateState;
  readonly services: Readonly<Record<string, Pick<ServiceState, 'desired'>>>;
  readonly databaseStatus: string;
  readonly putAside: readonly string[];
}

export interface Judgement {
  readonly state: StateName | 'mixed';
  readonly nearest: StateName;
  readonly differences: readonly string[];
}

/** The gate, of the rules that are to be closed while maintenance is on. */
export function gateState(gated: readonly { readonly name: string; readonly closed: boolean }[]): GateState {
  const named = (closed: boolean) => gated.filter((rule) => rule.closed === closed).map(({ name }) => name);
  const [closed, open] = [named(true), named(false)];
  return { maintenance: closed.length === 0 ? 'off' : open.length === 0 ? 'on' : 'partly', closed, open };
}

/** Which state a configuration is, or what keeps it from the nearest. */
export function judgeState(configuration: Configuration): Judgement {
  const judged = stateNames.map((nearest) => ({ nearest, differences: differencesFrom(nearest, configuration) }));
  const best = judged.reduce((one, other) => (other.differences.length < one.differences.length ? other : one));
  return { state: best.differences.length === 0 ? best.nearest : 'mixed', ...best };
}

/** What would have to change for the configuration to be that state, as `resource: from -> to`. */
export function differencesFrom(name: StateName, { definition, gate, services, databaseStatus, putAside }: Configuration): readonly string[] {
  const state = stateDefinitions[name];
  return [
    ...gateDifferences(state.gate, gate),
    ...databaseDifferences(state.database, databaseStatus),
    ...Object.entries(definition.services).flatMap(([service, { role, desiredCount }]) => {
      const paused = role === 'administration' && putAside.includes(`service:${service}`);
      return paused ? [] : serviceDifferences(service, state[role], desiredCount, services[service]?.desired ?? 0);
    }),
  ];
}

function gateDifferences(expected: 'open' | 'closed', gate: GateState): readonly string[] {
  const wrong = expected === 'open' ? gate.closed : gate.open;
  return wrong.map((rule) => (expected === 'open' ? `${rule}: closed -> open` : `${rule}: open -> closed`));
}

function databaseDifferences(expected: 'on' | 'off', status: string): readonly string[] {
  const right = expected === 'on' ? instanceCondition(status) === 'usable' : status === 'stopped';
  return right ? [] : [`database: ${status} -> ${expected === 'on' ? 'available' : 'stopped'}`];
}

/** Scaling may have taken a service above its count, never below. */
function serviceDifferences(name: string, expected: 'on' | 'off', count: number, desired: number): readonly string[] {
  const right = expected === 'on' ? desired >= count : desired === 0;
  return right ? [] : [`service ${name}: desired count ${desired} -> ${expected === 'on' ? count : 0}`];
}
