import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import type { Service } from '../../aws/ecs.js';
import type { Rule } from '../../aws/elbv2.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { Leak, PreflightCheck } from '../../errors.js';
import { doorsOf, unseenRules } from '../../gate/doors.js';
import { type BrokenDoors, defaultAnswer, findBrokenDoors, unseenText } from '../../gate/prove-gate.js';
import { readGate, type Gate } from '../../gate/read-gate.js';
import { conditionValuesPerRule, forwardedTargetGroups, ruleHasHeader, ruleName, rulesWithoutRoom } from '../../gate/rules.js';
import type { Baseline } from '../../runs/baseline.js';
import { readBaseline } from '../../runs/baseline-keeper.js';
import { leakText } from '../set-maintenance.js';
import { checksOf, found, type PreflightError } from './check.js';
import type { Question } from './question.js';

const { ok: right, warning, failed } = checksOf('gate');

/** The gate can be closed, and keeps everybody out once it is. */
export function checkGate(env: Environment, { reads }: Question): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const gate = yield* found('gate', 'rules', readGate(env));
    if (gate.isErr()) return ok([gate.error]);
    const baseline = yield* readBaseline(env);
    const doors = yield* doorChecks(env, gate.value);
    const targetGroups = yield* checkTargetGroups(env, gate.value, reads);
    return ok([roomCheck(gate.value), defaultActionCheck(gate.value), maintenanceCheck(gate.value, baseline?.value ?? null), ...targetGroups, ...doors, ...leakChecks(gate.value.leaks)]);
  });
}

function roomCheck({ gated, header }: Gate): PreflightCheck {
  const full = rulesWithoutRoom(gated, header);
  if (full.length === 0) return right('room', `each of ${gated.length} rules has room for the maintenance header`);
  return failed('room', `a rule takes ${conditionValuesPerRule} condition values; with the maintenance header these would have more: ${full.map(ruleName).join(', ')}`, 'Split them in two, each with fewer hosts or paths.');
}

function defaultActionCheck({ rules }: Gate): PreflightCheck {
  if (defaultAnswer(rules) !== null) return right('default action', 'answers visitors itself');
  return failed('default action', 'forwards to a target group', 'Make it a redirect to the maintenance page, or a fixed response.');
}

/** What was found before an earlier release, and is not back yet, decides about what is closed now. */
function maintenanceCheck({ gated, header }: Gate, baseline: Baseline | null): PreflightCheck {
  const closed = gated.filter((rule) => ruleHasHeader(rule, header.name));
  if (closed.length === 0) return right('maintenance', 'off');
  const detail = closed.length === gated.length ? 'on already' : `on for some rules: ${closed.map(ruleName).join(', ')}`;
  const staying = closed.filter((rule) => baseline === null || baseline.gate[rule.RuleArn ?? ''] === true);
  if (baseline !== null && staying.length === 0) return warning('maintenance', detail, `Run ${baseline.byRun} found it off: opening the gate after this release lets visitors in there too.`);
  if (staying.length === gated.length) return warning('maintenance', detail, 'It stays on after the release.');
  return warning('maintenance', detail, `After the release these stay closed: ${staying.map(ruleName).join(', ')}. Open them before if they were forgotten.`);
}

/** Where services register is where the rules forward to; services that cannot be read are told with the services. */
function checkTargetGroups(env: Environment, { rules }: Gate, reads: Question['reads']): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return found('gate', 'target groups', reads.services()).map((services) => (services.isErr() ? [] : targetGroupChecks(env, rules, services.value)));
}

function targetGroupChecks(env: Environment, rules: readonly Rule[], services: readonly Service[]): readonly PreflightCheck[] {
  const { targetGroupsOf } = env[internals].found;
  const forwarded = new Set(rules.flatMap(forwardedTargetGroups));
  const problems = services.flatMap(({ serviceName = '', loadBalancers }) => {
    const atConnect = (targetGroupsOf[serviceName] ?? []).map(({ targetGroupArn }) => targetGroupArn);
    const now = loadBalancers?.flatMap(({ targetGroupArn }) => targetGroupArn ?? []) ?? atConnect;
    if ([...now].sort().join() !== [...atConnect].sort().join()) return [failed('target groups', `${serviceName} registers in other target groups than at connect`, 'Somebody changed the service: find out what happened, then connect again.')];
    const idle = now.filter((arn) => !forwarded.has(arn)).map(targetGroupName);
    return idle.length === 0 ? [] : [warning('target groups', `${serviceName} registers in ${idle.join(', ')}, which no rule of the listener forwards to`, 'Targets that nothing forwards to are never healthy, and a deployment waits for them: see that another listener does, or take it from the service.')];
  });
  return problems.length > 0 ? problems : [right('target groups', 'the rules forward to those that services register in')];
}

function targetGroupName(arn: string): string {
  return arn.split('/').at(-2) ?? arn;
}

/** Whether it can be seen from here that the gate is closed, and which doors do not work as it is. */
function doorChecks(env: Environment, gate: Gate): ResultAsync<readonly PreflightCheck[], never> {
  const doors = doorsOf(env, gate);
  const unseen = unseenRules(gate, doors);
  const partly = unseen.length === 0 ? [] : [warning('unseen rules', unseenText(unseen), 'Look at them yourself once the gate is closed.')];
  if (gate.gated.length === 0 || env.planning) return okAsync(partly);
  if (doors.length === 0) {
    return okAsync([failed('front door', unseenText(unseen), 'Give a rule a host or path that is no regular expression, without a condition on method, query or address.')]);
  }
  return findBrokenDoors(env, gate).map((broken) => [...partly, frontDoorCheck(env, broken)]);
}

function frontDoorCheck(env: Environment, { looks, silent, failing }: BrokenDoors): PreflightCheck {
  const fromHere = 'Run the release where the front door can be reached';
  if (looks === 0) return failed('front door', `${env[internals].found.loadBalancerDnsName} does not resolve`, `${fromHere}.`);
  if (silent.length > 0) return failed('front door', silent.join('; '), `${fromHere}; if only this host fails, mend it (its certificate?) or take it out of the rule.`);
  if (failing.length > 0) return warning('front door', failing.join('; '), 'Visitors meet this error already. What is behind it must work before the gate opens again if it is a declared service.');
  return right('front door', `answers at every door (${looks} ${looks === 1 ? 'request' : 'requests'})`);
}

function leakChecks(leaks: readonly Leak[]): readonly PreflightCheck[] {
  if (leaks.length === 0) return [right('leaks', 'none: visitors of every closed rule land on the default action')];
  const remedy = 'Give the rule they fall to conditions that do not match them, or make its service one that stops.';
  return leaks.map((leak) => (leak.role === 'application' ? failed('leaks', leakText(leak), remedy) : warning('leaks', leakText(leak), remedy)));
}
