import type { ReactNode } from 'react';
import type { Proof } from './look';
import styles from './proof-list.module.css';
import { durationText } from './steps';

/** What the cloud knows to be true, whatever the release says of itself. */
export function ProofList({ proof: { visits, failed, violations, calls, throttled, closedSeconds } }: { readonly proof: Proof }): ReactNode {
  const facts = [
    { value: `${failed}`, good: failed === 0, says: `of ${visits.toLocaleString('en')} requests met an error` },
    { value: `${violations}`, good: violations === 0, says: 'times code met a schema that it does not fit' },
    { value: durationText(closedSeconds), good: true, says: 'visitors saw the maintenance page' },
    { value: `${calls.toLocaleString('en')}`, good: true, says: throttled === 0 ? 'calls of AWS' : `calls of AWS, ${throttled} of them throttled and made again` },
  ];
  return (
    <ul className={styles.proof}>
      {facts.map(({ value, good, says }) => (
        <li key={says} data-good={good}>
          <strong>{value}</strong> <span>{says}</span>
        </li>
      ))}
    </ul>
  );
}
