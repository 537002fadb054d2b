import type { Plan, PlannedChange } from '@graasp/deploy';
import { wrapped } from './wrapped.js';

/** A plan as text: its steps in order, and under each by which AWS operation it would change what. */
export function tellPlan({ recipe, environment, steps, refusals, warnings }: Plan): string {
  return [
    `${recipe} on ${environment} would make ${counted(steps.flatMap(({ changes }) => changes))}:`,
    ...steps.flatMap(({ name, changes, notes = [] }) => [`  ${name}: ${counted(changes)}`, ...notes.flatMap((note) => wrapped(`    ${note}`, '    ')), ...tellChanges(changes)]),
    ...list('It would be refused as things are now:', refusals),
    ...list('Warnings:', warnings),
  ].join('\n');
}

function counted(changes: readonly PlannedChange[]): string {
  if (changes.length === 0) return 'no change';
  return changes.length === 1 ? '1 change' : `${changes.length} changes`;
}

/** An operation is told once for all that follow one another. */
function tellChanges(changes: readonly PlannedChange[]): readonly string[] {
  return changes.flatMap(({ resource, from, to, operation }, index) => [
    ...(operation === changes[index - 1]?.operation ? [] : [`    ${operation}`]),
    ...wrapped(`      ${resource}: ${shortened(from)} → ${shortened(to)}`, '        '),
  ]);
}

/** A digest is told apart by its beginning; whose registry it is in goes without saying. */
function shortened(text: string): string {
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]+/g, 'sha256:$1…').replace(/\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//g, '');
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.flatMap((line) => wrapped(`  ${line}`, '    '))];
}
