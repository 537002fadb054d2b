import type { TransitionPlan, TransitionStep } from '../states/plan-transition.js';
import { durationText } from './render-event.js';

/** A plan of a transition for people: lines for a terminal (the default), or Markdown for a step summary or a pull request. As JSON it is what it is. */
export function renderTransition(plan: TransitionPlan, as: 'text' | 'markdown' = 'text'): string {
  return as === 'markdown' ? markdown(plan) : text(plan);
}

function text(plan: TransitionPlan): string {
  const steps = plan.steps.flatMap((step, index) => [
    `${index + 1}. ${step.name}, about ${durationText(step.expectedSeconds)} (${step.basis})`,
    ...step.changes.flatMap(({ resource, from, to, why }, at) => [...(why === step.changes[at - 1]?.why ? [] : [`   ${why}:`]), `     ${resource}: ${from} → ${to}`]),
  ]);
  return [title(plan), plan.visitors, ...steps, ...plan.refusals.map((refusal) => `Refused as things are: ${refusal}.`), ...plan.differs.map((difference) => `Stays different from the infrastructure code: ${difference}.`)].join('\n');
}

function markdown(plan: TransitionPlan): string {
  const rows = plan.steps.flatMap((step) => (step.changes.length === 0 ? [row(step.name, 'changes nothing', '', '', '', step)] : step.changes.map(({ resource, from, to, why }, index) => row(index === 0 ? step.name : '', resource, from, to, why, index === 0 ? step : null))));
  const table = plan.steps.length === 0 ? [] : ['| step | resource | from | to | why | about |', '|---|---|---|---|---|---|', ...rows, ''];
  const list = [...plan.refusals.map((refusal) => `- **Refused as things are:** ${refusal}`), ...plan.differs.map((difference) => `- Stays different from the infrastructure code: ${difference}`)];
  return [`### ${title(plan)}`, '', plan.visitors, '', ...table, ...list].join('\n').trimEnd();
}

function row(step: string, resource: string, from: string, to: string, why: string, timed: TransitionStep | null): string {
  const cells = [step, resource, from, to, why, timed === null ? '' : durationText(timed.expectedSeconds)];
  return `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
}

function title({ environment, from, to, steps, expectedSeconds }: TransitionPlan): string {
  return steps.length === 0 ? `${environment}: ${to} already, nothing to change` : `${environment}: ${from} → ${to}, about ${durationText(expectedSeconds)}`;
}
