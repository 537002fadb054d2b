import { explanations } from './explanations';
import type { Look } from './look';
import type { Phase } from './stage';
import { openStep } from './steps';

/** What is read out to who does not see the page. Changes when something else happens, not when time passes. */
export function announcement(phase: Phase, { ending, run, busy }: Pick<Look, 'ending' | 'run' | 'busy'>): string {
  if (phase === 'loading') return 'A cloud is being started.';
  if (phase === 'could-not-load') return 'The rehearsal could not be loaded.';
  if (ending?.kind === 'succeeded') return `Done. ${ending.summary}.`;
  if (ending?.kind === 'failed') return `${ending.failure.kind ?? 'It failed'}${placeOf(ending.situation?.step ?? '')}. ${countOf(ending.nextActions.length)} can be done about it.`;
  if (ending?.kind === 'laptop-closed') return 'The laptop is closed. The run has died, and can be resumed.';
  const step = openStep(run);
  if (step !== undefined) return `${step.undoes ? 'Putting back: ' : ''}${step.name}. ${explanations[step.name] ?? ''}`;
  return busy === null ? '' : 'The release begins in a moment.';
}

/** What was refused before it began was refused in no step. */
function placeOf(step: string): string {
  return step === '' ? '' : ` in ${step}`;
}

function countOf(things: number): string {
  return things === 1 ? 'One thing' : `${things} things`;
}
