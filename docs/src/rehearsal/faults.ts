import type { Failure } from '@graasp/deploy';
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
  /** The kind of failure that it makes. */
  readonly failsAs: string;
  /** What the local cloud is told; the migration breaks by itself. */
  readonly tells: readonly Fault[];
}

export const faults: readonly FaultDefinition[] = [
  { name: 'migration', title: 'The migration fails', says: 'It meets rows that nobody thought of, and exits with 1.', mend: 'Push a mended migration', failsAs: 'MigrationFailed', tells: [] },
  {
    name: 'crash-loop',
    title: 'The new version crashes',
    // its cause is outside of the image: other code would be a later version, and a release of its own
    says: 'A secret that it needs has a wrong value: its web tasks exit soon after they start, again and again.',
    mend: 'Correct the secret',
    failsAs: 'DeploymentFailed',
    tells: [{ kind: 'service-image', image: `web-${versions.new}`, what: 'crash-loop' }],
  },
  { name: 'snapshot', title: 'The snapshot fails', says: 'RDS gives it up half way.', mend: 'Let snapshots succeed again', failsAs: 'SnapshotFailed', tells: [{ kind: 'snapshot', what: 'fail', times: 99 }] },
  { name: 'throttling', title: 'AWS throttles', says: 'Every fourth call is refused: “Rate exceeded”.', mend: 'End the throttling', failsAs: 'Throttled', tells: [{ kind: 'throttle', operation: '*', probability: 0.25 }] },
];

/** What this failure is of, of what is still `on`. */
export function causesOf(failure: Failure | null, on: ReadonlySet<FaultName>): readonly FaultName[] {
  return faults.filter(({ name, failsAs }) => on.has(name) && failsAs === failure?.kind).map(({ name }) => name);
}
