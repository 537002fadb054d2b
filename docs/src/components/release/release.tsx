import clsx from 'clsx';
import type { CSSProperties, ReactNode } from 'react';
import landing from '../../generated/landing.json';
import styles from './release.module.css';

const { steps, seconds, window: kept } = landing.release;
const begin = Date.parse(steps[0]!.startedAt);
const total = seconds ?? 1;

/** What each step means to somebody who has never seen one. */
const meanings: Readonly<Record<string, string>> = {
  preflight: 'everything that could stop the release is looked at, and nothing is changed',
  'gate-on': 'visitors see the maintenance page; operators pass',
  'await-drained': 'those who were there finish what they were doing',
  'stop-services': 'nothing writes any more',
  'snapshot-db': 'the point to go back to holds every write',
  'run-migration': 'one task, its exit code awaited, its log followed',
  'await-db-settled': 'the load comes to rest',
  'deploy-core': 'the new version, service by service, in their order',
  'verify-deployment': 'looked at from outside, behind the gate',
  'gate-off': 'visitors are let in again',
};

/** A release to Graasp's dev in the local cloud, from its report: 23 minutes of its time in some seconds. Without animation it is a table. */
export function Release(): ReactNode {
  return (
    <figure className={styles.release}>
      <ol className={styles.rows}>
        {steps.map(({ name, startedAt, seconds: lasted }) => (
          <li key={name} className={styles.row} style={{ '--from': part(startedAt), '--lasts': lasted / total } as CSSProperties}>
            <span className={styles.name}>
              <span className={styles.mark} aria-hidden="true">
                ✓
              </span>{' '}
              <code>{name}</code>
            </span>
            <span className={styles.track} aria-hidden="true">
              <span className={styles.bar} />
            </span>
            <span className={styles.lasted}>{durationText(lasted)}</span>
            <span className={styles.meaning}>{meanings[name]}</span>
          </li>
        ))}
        <li className={clsx(styles.row, styles.visitors)} style={{ '--from': part(kept?.closedAt), '--lasts': part(kept?.openedAt) - part(kept?.closedAt) } as CSSProperties}>
          <span className={styles.name}>visitors kept out</span>
          <span className={styles.track} aria-hidden="true">
            <span className={styles.bar} />
          </span>
          <span className={styles.lasted}>{durationText(kept?.seconds ?? 0)}</span>
        </li>
      </ol>
      <figcaption>
        A release of {landing.release.versions.deployed} to Graasp's dev environment in the local cloud, as its run report tells it, in the cloud's own time.
      </figcaption>
    </figure>
  );
}

function part(time: string | null | undefined): number {
  return time === null || time === undefined ? 0 : (Date.parse(time) - begin) / 1000 / total;
}

function durationText(value: number): string {
  const [minutes, rest] = [Math.floor(value / 60), Math.round(value % 60)];
  return minutes === 0 ? `${rest} s` : `${minutes} min ${String(rest).padStart(2, '0')} s`;
}
