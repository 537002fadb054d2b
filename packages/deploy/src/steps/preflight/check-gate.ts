import { ok, type ResultAsync, safeTry } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import type { Leak, PreflightCheck } from '../../errors.js';
import { defaultAnswer } from '../../gate/prove-gate.js';
import { readGate, type Gate } from '../../gate/read-gate.js';
import { conditionValuesPerRule, ruleHasHeader, ruleName, rulesWithoutRoom } from '../../gate/rules.js';
import { leakText } from '../set-maintenance.js';
import { checksOf, found, type PreflightError } from './check.js';

const { ok: right, warning, failed } = checksOf('gate');

/** The gate can be closed, and keeps everybody out once it is. */
export function checkGate(env: Environment): ResultAsync<readonly PreflightCheck[], PreflightError> {
  return safeTry(async function* () {
    const gate = yield* found('gate', 'rules', readGate(env));
    return ok(gate.isErr() ? [gate.error] : [roomCheck(gate.value), defaultActionCheck(gate.value), maintenanceCheck(gate.value), ...leakChecks(gate.value.leaks)]);
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

function maintenanceCheck({ gated, header }: Gate): PreflightCheck {
  const closed = gated.filter((rule) => ruleHasHeader(rule, header.name));
  if (closed.length === 0) return right('maintenance', 'off');
  if (closed.length === gated.length) return warning('maintenance', 'on already', 'It stays on after the release.');
  return warning('maintenance', `on for some rules: ${closed.map(ruleName).join(', ')}`, 'They stay closed after the release: open them before if they were forgotten.');
}

function leakChecks(leaks: readonly Leak[]): readonly PreflightCheck[] {
  if (leaks.length === 0) return [right('leaks', 'none: visitors of every closed rule land on the default action')];
  const remedy = 'Give the rule they fall to conditions that do not match them, or make its service one that stops.';
  return leaks.map((leak) => (leak.role === 'application' ? failed('leaks', leakText(leak), remedy) : warning('leaks', leakText(leak), remedy)));
}
