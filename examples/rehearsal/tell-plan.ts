import type { Plan, PlannedChange } from '@graasp/deploy';
import { wrapped } from './wrapped.js';

/** A plan as text: its steps in order, and under each what it would change and by which AWS operation. */
export function tellPlan({ recipe, environment, steps, refusals, warnings }: Plan): string {
  return [
    `${recipe} on ${environment} would do this:`,
    ...steps.flatMap(({ name, changes }) => [`  ${name}${changes.length === 0 ? ' (changes nothing)' : ''}`, ...changes.flatMap(tellChange)]),
    ...list('It would be refused as things are now:', refusals),
    ...list('Warnings:', warnings),
  ].join('\n');
}

function tellChange({ resource, from, to, operation }: PlannedChange): readonly string[] {
  return wrapped(`    ${resource}: ${shortened(from)} → ${shortened(to)} (${operation})`, '      ');
}

/** A digest is told apart by its beginning; whose registry it is in goes without saying. */
function shortened(text: string): string {
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]+/g, 'sha256:$1…').replace(/\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\//g, '');
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.flatMap((line) => wrapped(`  ${line}`, '    '))];
}
