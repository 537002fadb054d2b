import type { ReactNode, Ref } from 'react';
import { announcement } from './announcement';
import { EndingView, type EndingActions } from './ending-view';
import { explanations } from './explanations';
import type { Look } from './look';
import styles from './now.module.css';
import type { Phase } from './stage';
import { StatePills } from './state-pills';
import { durationText, openStep, type RunLook, type StepLook } from './steps';

interface NowProps extends EndingActions {
  readonly ref: Ref<HTMLElement>;
  readonly phase: Phase;
  /** Why it could not be loaded. */
  readonly problem: string;
  readonly look: Look;
}

/** What happens now, in words; once it has ended how, and what can be done. */
export function Now({ ref, phase, problem, look, ...actions }: NowProps): ReactNode {
  return (
    <section ref={ref} tabIndex={-1} className={styles.now} data-tone={toneOf(phase, look)} aria-label="What happens now">
      <p role="status" className={styles.announced}>
        {announcement(phase, look)}
      </p>
      {look.ending === null ? <Doing phase={phase} problem={problem} look={look} /> : <EndingView look={look} ending={look.ending} {...actions} />}
      <StatePills scene={look.scene} />
    </section>
  );
}

function Doing({ phase, problem, look }: Pick<NowProps, 'phase' | 'problem' | 'look'>): ReactNode {
  const { title, says } = told(phase, problem, look);
  const step = openStep(look.run);
  return (
    <>
      <h2 className={styles.title}>{title}</h2>
      <p className={styles.says}>{says}</p>
      <p className={styles.wait}>{step === undefined ? ' ' : waitText(step, look.at)}</p>
    </>
  );
}

function told(phase: Phase, problem: string, { busy, run }: Look): { readonly title: ReactNode; readonly says: string } {
  if (phase === 'could-not-load') return { title: 'The rehearsal could not be loaded', says: `${problem}. Look at your connection and press Start once more; the rest of the site works without it.` };
  if (phase === 'loading') return { title: 'A cloud starts in this page', says: 'A balancer, three services, a database, and people who use them. Nothing leaves your browser.' };
  if (busy === null) return { title: 'v1.54.7 is at work, and v1.55.0 waits', says: 'It needs another schema, so somebody has to close the shop, migrate and open again. Press Start, and watch it being done.' };
  const step = openStep(run);
  if (step !== undefined) return { title: <StepTitle step={step} run={run} />, says: explanations[step.name] ?? '' };
  if (run === null) return { title: 'People use the old version', says: 'One visitor a second. Keep an eye on what they get to see.' };
  return { title: run.recipe, says: 'Between two steps: what was done is written down before the next begins.' };
}

function StepTitle({ step, run }: { readonly step: StepLook; readonly run: RunLook | null }): ReactNode {
  const all = run?.steps ?? [];
  return (
    <>
      {step.undoes ? 'Putting back: ' : ''}
      <code>{step.name}</code> <span className={styles.count}>{step.undoes ? '' : `step ${all.indexOf(step) + 1} of ${all.length}`}</span>
    </>
  );
}

function waitText({ waits, startedAt }: StepLook, at: number): string {
  const wait = waits.at(-1);
  if (wait === undefined) return startedAt === null ? '' : durationText((at - startedAt) / 1000);
  const left = wait.earliestEndAt === null ? 0 : (wait.earliestEndAt - at) / 1000;
  return `Waiting for ${wait.waitingFor}${left > 0 ? `, at least ${durationText(left)} more` : ''}: ${wait.seen}`;
}

function toneOf(phase: Phase, { ending }: Look): string {
  if (phase === 'could-not-load' || ending?.kind === 'failed') return 'bad';
  return ending === null ? 'plain' : ending.kind === 'succeeded' ? 'good' : 'warning';
}
