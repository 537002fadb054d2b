import type { Rule } from '../aws/elbv2.js';
import { type Environment, internals } from '../environment/environment.js';
import { administrationServices, gateOf } from './read-gate.js';
import { ruleHasHeader } from './rules.js';

/** Rules by which visitors get through to anything but administration: with the gate closed there are none, whoever added them when. */
export function openDoors(env: Environment, rules: readonly Rule[]): readonly Rule[] {
  return gateOf(env, rules, administrationServices(env)).gated.filter((rule) => !ruleHasHeader(rule, env[internals].header.name));
}
