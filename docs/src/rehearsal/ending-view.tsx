import type { Failure, NextAction, Situation } from '@graasp/deploy';
import { useId, type ReactNode } from 'react';
import styles from './ending-view.module.css';
import { type FaultName, faults } from './faults';
import type { Ending, Failed, LaptopClosed, Look, Succeeded } from './look';
import { ProofList } from './proof-list';
import { versions } from './shop';
import { whenToTake } from './when-to-take';

export interface EndingActions {
  onAct(action: NextAction): void;
  onMend(fault: FaultName): void;
  /** Starts everything over, with these faults. */
  onAgain(faults: readonly FaultName[]): void;
}

interface EndingViewProps extends EndingActions {
  readonly ending: Ending;
  readonly look: Look;
}

/** How it ended, where that leaves the environment, and what can be done: each next action is a button. */
export function EndingView({ ending, look, ...actions }: EndingViewProps): ReactNode {
  switch (ending.kind) {
    case 'succeeded':
      return <SucceededView ending={ending} look={look} {...actions} />;
    case 'failed':
      return <FailedView ending={ending} look={look} {...actions} />;
    case 'laptop-closed':
      return <LaptopClosedView ending={ending} look={look} {...actions} />;
  }
}

function SucceededView({ ending, look, onAct, onAgain }: EndingViewProps & { readonly ending: Succeeded }): ReactNode {
  const running = ending.state === 'running';
  const others = faults.filter(({ name }) => !look.faults.includes(name));
  return (
    <>
      <h2 className={styles.title}>{running ? openTitle(look) : <><code>{ending.what}</code> is done</>}</h2>
      <p className={styles.summary}>
        {ending.summary}. The environment is <strong>{ending.state}</strong>.
      </p>
      {ending.nextActions.length > 0 && <NextActions actions={ending.nextActions} causeIsThere={false} onAct={onAct} />}
      {running && ending.nextActions.length === 0 && (
        <>
          <ProofList proof={look.proof} />
          <p className={styles.label}>Once more, and let something go wrong:</p>
          <div className={styles.again}>
            {others.map(({ name, title }) => (
              <button key={name} type="button" className="button button--sm button--secondary" onClick={() => onAgain([name])}>
                {title}
              </button>
            ))}
          </div>
        </>
      )}
    </>
  );
}

function openTitle({ scene }: Look): string {
  const runsNew = scene.services.some(({ tasks }) => tasks.some(({ version }) => version === versions.new));
  return runsNew ? `${versions.new} is released, and visitors are back` : `Visitors are back, on ${versions.old}`;
}

function FailedView({ ending, look, ...actions }: EndingViewProps & { readonly ending: Failed }): ReactNode {
  const { failure, situation } = ending;
  return (
    <>
      <h2 className={styles.title}>
        <code>{failure.kind ?? 'Failed'}</code>
        {situation !== null && situation.step !== '' && (
          <>
            {' in '}
            <code>{situation.step}</code>
          </>
        )}
      </h2>
      <p>{failure.message}</p>
      <Evidence failure={failure} />
      {failure.remedy !== undefined && failure.remedy !== '' && (
        <p>
          <span className={styles.label}>What to do</span> {failure.remedy}
        </p>
      )}
      {situation !== null && <SituationList situation={situation} />}
      <Mending {...actions} causes={look.causes} />
      <NextActions actions={ending.nextActions} causeIsThere={look.causes.length > 0} onAct={actions.onAct} />
    </>
  );
}

function LaptopClosedView({ ending, onAct }: EndingViewProps & { readonly ending: LaptopClosed }): ReactNode {
  return (
    <>
      <h2 className={styles.title}>The laptop is closed</h2>
      <p>
        The process that released has died{ending.step === '' ? '' : <> in <code>{ending.step}</code></>}, without a word. AWS goes on with what it was asked for, and visitors are still met as the run left it. Its journal is
        elsewhere, in the run store, and says what was done: any other laptop can go on from there.
      </p>
      <NextActions actions={ending.nextActions} causeIsThere={false} onAct={onAct} />
    </>
  );
}

function Evidence({ failure: { lastLines = [], diagnosis } }: { readonly failure: Failure }): ReactNode {
  const stopped = (diagnosis?.stoppedTasks ?? []).slice(-2).map(({ taskArn, stoppedReason }) => `${taskArn.slice(taskArn.lastIndexOf('/') + 1, taskArn.lastIndexOf('/') + 9)}: ${stoppedReason}`);
  const lines = lastLines.length > 0 ? lastLines : stopped;
  if (lines.length === 0) return null;
  return (
    <>
      <p className={styles.label}>{lastLines.length > 0 ? 'Last lines of the task' : 'Stopped tasks'}</p>
      {/* who uses the keyboard can scroll it */}
      <pre className={styles.evidence} tabIndex={0} role="group" aria-label="Evidence">
        {lines.slice(-6).join('\n')}
      </pre>
    </>
  );
}

const leftTexts: Readonly<Record<Situation['left'], string>> = {
  untouched: 'nothing was changed',
  'as-found': 'everything was put back as it was found',
  hold: 'held as it is: nothing else starts, migrates or opens it',
  'taken-over': 'left to whoever has taken this run over',
};

function SituationList({ situation: { state, left, maintenance, schema, restorePoint } }: { readonly situation: Situation }): ReactNode {
  const rows: readonly (readonly [string, ReactNode])[] = [
    ['Environment', <><strong>{state}</strong>; {leftTexts[left]}</>],
    ['Maintenance', maintenance],
    ['Schema', schema],
    ...(restorePoint === undefined ? [] : [['Restore point', <code key="point">{restorePoint}</code>] as const]),
  ];
  return (
    <dl className={styles.situation}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Mending({ causes, onMend }: Pick<EndingActions, 'onMend'> & Pick<Look, 'causes'>): ReactNode {
  if (causes.length === 0) return null;
  return (
    <div className={styles.mending}>
      <span>The cause is still there. End it as somebody would, then take a way forward:</span>
      {faults.filter(({ name }) => causes.includes(name)).map(({ name, mend }) => (
        <button key={name} type="button" className="button button--sm button--secondary" onClick={() => onMend(name)}>
          {mend}
        </button>
      ))}
    </div>
  );
}

interface NextActionsProps {
  readonly actions: readonly NextAction[];
  readonly causeIsThere: boolean;
  readonly onAct: EndingActions['onAct'];
}

function NextActions({ actions, causeIsThere, onAct }: NextActionsProps): ReactNode {
  const whens = whenToTake(actions, causeIsThere);
  const id = useId();
  return (
    <>
      <p className={styles.label}>Next</p>
      <ul className={styles.actions}>
        {actions.map((action, index) => (
          <li key={action.command}>
            <button type="button" className={styles.action} aria-describedby={`${id}-${index}`} onClick={() => onAct(action)}>
              <span>{action.text}</span>
              <code>{action.command}</code>
            </button>
            <p id={`${id}-${index}`} className={styles.when}>
              {whens[index]}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
