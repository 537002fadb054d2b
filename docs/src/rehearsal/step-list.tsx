import type { ReactNode } from 'react';
import styles from './step-list.module.css';
import { durationText, type RunLook, type StepLook } from './steps';

const releaseSteps = ['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled', 'deploy-core', 'verify-deployment', 'gate-off'];
const beforehand: RunLook = {
  recipe: 'deployWithMigration',
  runId: null,
  puttingBack: false,
  steps: releaseSteps.map((name) => ({ name, undoes: false, status: 'ahead', startedAt: null, seconds: null, detail: '', waits: [] })),
};

const glyphs = { done: '✓', failed: '✗', open: '▸', ahead: '·' } as const;
const statusTexts = { done: 'done', failed: 'failed', open: 'at work', ahead: 'ahead' } as const;

/** The table that the terminal shows. */
export function StepList({ run, at }: { readonly run: RunLook | null; readonly at: number }): ReactNode {
  const { recipe, runId, steps } = run ?? beforehand;
  return (
    <section className={styles.steps} aria-label="Steps">
      <h2 className={styles.title}>
        {recipe}
        {runId !== null && <span className={styles.run}>run {runId}</span>}
      </h2>
      <ol className={styles.list}>
        {steps.map((step) => (
          <li key={`${step.undoes} ${step.name}`} className={styles.step} data-status={step.status} aria-current={step.status === 'open' ? 'step' : undefined}>
            <span className={styles.glyph} aria-hidden="true">
              {glyphs[step.status]}
            </span>
            <span className={styles.name}>
              {step.undoes && <span aria-label="putting back: ">↩ </span>}
              {step.name}
              <span className={styles.hidden}>, {statusTexts[step.status]}</span>
            </span>
            <span className={styles.time}>{lasted(step, at)}</span>
            {step.status !== 'ahead' && step.detail !== '' && <span className={styles.detail}>{step.detail}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function lasted({ status, startedAt, seconds }: StepLook, at: number): string {
  const time = status === 'open' && startedAt !== null ? (at - startedAt) / 1000 : seconds;
  return time === null ? '' : durationText(time);
}
