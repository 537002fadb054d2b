import type { ReactNode } from 'react';
import styles from './fault-switches.module.css';
import { type FaultName, faults } from './faults';

interface FaultSwitchesProps {
  readonly on: readonly FaultName[];
  /** A cloud that is being started hears of no change. */
  readonly disabled: boolean;
  onChange(name: FaultName, on: boolean): void;
}

export function FaultSwitches({ on, disabled, onChange }: FaultSwitchesProps): ReactNode {
  return (
    <fieldset className={styles.faults} disabled={disabled}>
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
