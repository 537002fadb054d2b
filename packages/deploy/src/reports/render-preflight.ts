import type { PreflightCheck } from '../errors.js';
import { printableText } from './render-event.js';
import { wrapped } from './text-width.js';

const words: Readonly<Record<PreflightCheck['status'], string>> = { ok: 'OK', skip: 'SKIP', warning: 'WARN', failed: 'FAILED' };
const indent = ' '.repeat(10);

/**
 * Checks of `preflight` (its report's, or those of PreflightFailed) for people: by group, each with OK, SKIP (why), WARN or FAILED and what
 * to do about it. Wrapped at `columns`.
 */
export function renderPreflight(checks: readonly PreflightCheck[], columns = 80): string {
  const groups = [...new Set(checks.map(({ group }) => group))];
  const lines = groups.flatMap((group) => [group, ...checks.filter((check) => check.group === group).flatMap((check) => checkLines(check, columns - indent.length))]);
  return [...lines, summary(checks)].join('\n');
}

function checkLines({ status, name, detail, remedy }: PreflightCheck, columns: number): readonly string[] {
  const [first = '', ...others] = wrapped(printableText(`${name}: ${detail}`), columns);
  const advice = remedy === undefined ? [] : wrapped(printableText(`→ ${remedy}`), columns);
  return [`  ${words[status].padEnd(indent.length - 2)}${first}`, ...[...others, ...advice].map((line) => `${indent}${line}`)];
}

function summary(checks: readonly PreflightCheck[]): string {
  const count = (status: PreflightCheck['status']) => checks.filter((check) => check.status === status).length;
  return `${checks.length} checks: ${count('ok')} OK, ${count('skip')} skipped, ${count('warning')} to be warned of, ${count('failed')} failed`;
}
