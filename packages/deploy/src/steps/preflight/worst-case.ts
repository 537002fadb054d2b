import type { ResultAsync } from 'neverthrow';
import type { Environment } from '../../environment/environment.js';
import { readUsualStepSeconds } from '../../runs/usual-seconds.js';
import type { PreflightPurpose } from './question.js';

/** The time that what is about to begin may take: nothing is to come in between. */
export interface WorstCase {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Where that comes from. */
  readonly basis: string;
}

/** What an environment without a history is given. */
const unknownSeconds = 3600;
/** A step that lasted so long in half of the runs may last so many times as long. */
const factor = 2;

/** Steps of the recipes; those that they do not always take count where they are known. */
const steps: Readonly<Record<PreflightPurpose, { readonly always: readonly string[]; readonly sometimes: readonly string[] }>> = {
  migration: { always: ['gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment'], sometimes: ['promote-image', 'gate-off'] },
  deployment: { always: ['deploy-core', 'verify-deployment'], sometimes: ['promote-image', 'gate-on', 'move-tags', 'gate-off'] },
  transition: { always: ['stop-services', 'start-services'], sometimes: ['gate-on', 'stop-db', 'start-db', 'verify-deployment', 'gate-off'] },
};

/** Twice what the steps usually take, where this environment has taken each of them; else an hour. */
export function readWorstCase(env: Environment, purpose: PreflightPurpose): ResultAsync<WorstCase, never> {
  return readUsualStepSeconds(env).map((usual) => {
    const { always, sometimes } = steps[purpose];
    const known = [...always, ...sometimes].flatMap((step) => usual(step)?.seconds ?? []);
    const usualSeconds = always.every((step) => usual(step) !== undefined) ? known.reduce((sum, seconds) => sum + seconds, 0) : null;
    const basis = usualSeconds === null ? 'an hour, as no earlier run tells how long it takes' : `twice the median of earlier runs, ${Math.ceil(usualSeconds / 60)} min`;
    const from = env.clock.now();
    return { from, to: from + (usualSeconds === null ? unknownSeconds : usualSeconds * factor) * 1000, basis };
  });
}
