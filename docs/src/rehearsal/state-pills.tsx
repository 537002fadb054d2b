import type { ReactNode } from 'react';
import type { Scene } from './scene';
import { stateOf } from './state-of';
import styles from './state-pills.module.css';

const states = ['running', 'restricted', 'db-only', 'stopped'] as const;

/** Which of the four states the environment is in. */
export function StatePills({ scene }: { readonly scene: Scene }): ReactNode {
  const state = stateOf(scene);
  return (
    <p className={styles.pills}>
      <span className={styles.label}>State</span>
      {states.map((each) => (
        <span key={each} className={styles.pill} data-current={each === state ? '' : undefined} aria-current={each === state ? 'true' : undefined}>
          {each}
        </span>
      ))}
      <span className={styles.pill} data-mixed="" data-current={state === 'mixed' ? '' : undefined} aria-current={state === 'mixed' ? 'true' : undefined}>
        mixed
      </span>
    </p>
  );
}
