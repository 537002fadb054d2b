import type { Fault } from '@graasp/local-cloud';
import { versions } from './shop';

export type FaultName = 'migration' | 'crash-loop' | 'snapshot' | 'throttling';

/** What a reader can let go wrong. */
export interface FaultDefinition {
  readonly name: FaultName;
  readonly title: string;
  readonly says: string;
  /** What it takes to be rid of it, in the words of who does it. */
  readonly mend: string;
  /** What the local cloud is told; the migration breaks by itself. */
  readonly tells: readonly Fault[];
}

export const faults: readonly FaultDefinition[] = [
  { name: 'migration', title: 'The migration fails', says: 'It meets rows that nobody thought of, and exits with 1.', mend: 'Push a mended migration', tells: [] },
  {
    name: 'crash-loop',
    title: 'The new version crashes',
    says: 'Its web tasks exit soon after they start, again and again.',
    mend: 'Mend the new version',
    tells: [{ kind: 'service-image', image: `web-${versions.new}`, what: 'crash-loop' }],
  },
  { name: 'snapshot', title: 'The snapshot fails', says: 'RDS gives it up half way.', mend: 'Let snapshots succeed again', tells: [{ kind: 'snapshot', what: 'fail', times: 99 }] },
  { name: 'throttling', title: 'AWS throttles', says: 'Every fourth call is refused: “Rate exceeded”.', mend: 'End the throttling', tells: [{ kind: 'throttle', operation: '*', probability: 0.25 }] },
];
