import type { ReactNode } from 'react';
import styles from './fault-switches.module.css';
import { type FaultName, faults } from './faults';

interface FaultSwitchesProps {
  readonly on: readonly FaultName[];
  onChange(name: FaultName, on: boolean): void;
}

export function FaultSwitches({ on, onChange }: FaultSwitchesProps): ReactNode {
  return (
    <fieldset className={styles.faults}>
      <legend>What goes wrong</legend>
      {faults.map(({ name, title, says }) => (
        <label key={name} className={styles.fault}>
          <input type="checkbox" checked={on.includes(name)} onChange={(event) => onChange(name, event.target.checked)} />
          <span>
            <span className={styles.title}>{title}</span>
            <span className={styles.says}>{says}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
