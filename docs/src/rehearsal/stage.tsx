import type { NextAction } from '@graasp/deploy';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { Controls } from './controls';
import { Diagram } from './diagram';
import { FaultSwitches } from './fault-switches';
import type { FaultName } from './faults';
import { LogView } from './log-view';
import type { Look } from './look';
import { Now } from './now';
import { ordinarySpeed } from './speeds';
import type { Rehearsal } from './rehearsal';
import { initialScene } from './scene';
import styles from './stage.module.css';
import { StepList } from './step-list';
import { StripChart } from './strip-chart';
import { useLook } from './use-look';
import { lanes } from './visitors';

/** Where the page is in its own life: a rehearsal is loaded when somebody asks for it. */
export type Phase = 'before' | 'loading' | 'open' | 'could-not-load';

/** The rehearsal and everything to see it and to meddle with it. Drawn on the server as it is before its beginning. */
export function Stage(): ReactNode {
  const { phase, problem, look, speed, paused, chosen, start, setSpeed, setPaused, setFault, act, closeLaptop } = useRehearsal();
  const now = useRef<HTMLElement>(null);
  // what was pressed is gone then: who uses the keyboard goes on where it happens
  const toNow = () => now.current?.focus();

  return (
    <div className={styles.stage} data-paused={paused || (phase === 'open' && !look.peopleCome) ? '' : undefined}>
      <Controls
        phase={phase}
        look={look}
        paused={paused}
        speed={speed}
        onStart={() => void start(chosen)}
        onPause={setPaused}
        onSpeed={setSpeed}
        onCloseLaptop={() => {
          closeLaptop();
          toNow();
        }}
      />
      <div className={styles.above}>
        <Now
          ref={now}
          phase={phase}
          problem={problem}
          look={look}
          onAct={(action) => {
            setPaused(false);
            act(action);
            toNow();
          }}
          onMend={(name) => setFault(name, false)}
          onAgain={(faults) => {
            void start(faults);
            toNow();
          }}
        />
        <FaultSwitches on={look.faults} disabled={phase === 'loading'} onChange={setFault} />
      </div>
      <Diagram scene={look.scene} lanes={look.lanes} />
      <StripChart look={look} />
      <div className={styles.columns}>
        <StepList run={look.run} at={look.at} />
        <LogView log={look.log} />
      </div>
    </div>
  );
}

/** A rehearsal, from when somebody asks for one, with all that can be done to it. */
function useRehearsal() {
  const [phase, setPhase] = useState<Phase>('before');
  const [rehearsal, setRehearsal] = useState<Rehearsal | null>(null);
  const [speed, setSpeed] = useState(ordinarySpeed);
  const [paused, setPaused] = useState(false);
  const [problem, setProblem] = useState('');
  const [chosen, setChosen] = useState<readonly FaultName[]>([]);
  const left = useRef(false);
  const seen = useLook(rehearsal) ?? nothingSeen;
  const look = rehearsal === null ? { ...seen, faults: chosen } : seen;

  useEffect(() => () => void rehearsal?.stop(), [rehearsal]);
  useEffect(() => {
    left.current = false;
    return () => void (left.current = true);
  }, []);
  useEffect(() => rehearsal?.setSpeed(paused ? 0 : speed), [rehearsal, paused, speed]);

  const start = useCallback(async (faults: readonly FaultName[]) => {
    setPhase('loading');
    setRehearsal(null);
    setPaused(false);
    setChosen(faults);
    try {
      const { openRehearsal } = await import('./rehearsal');
      const opened = await openRehearsal({ speed, faults });
      // whoever has gone to another page meanwhile wants none
      if (left.current) return void opened.stop();
      setRehearsal(opened);
      setPhase('open');
      opened.release();
    } catch (error) {
      setProblem(String(error));
      setPhase('could-not-load');
    }
  }, [speed]);

  const setFault = (name: FaultName, on: boolean) => {
    setChosen((before) => [...before.filter((each) => each !== name), ...(on ? [name] : [])]);
    rehearsal?.setFault(name, on);
  };

  return { phase, problem, look, speed, paused, chosen, start, setSpeed, setPaused, setFault, act: (action: NextAction) => rehearsal?.act(action), closeLaptop: () => rehearsal?.closeLaptop() };
}

const nothingSeen: Look = {
  at: 0,
  openedAt: 0,
  busy: null,
  peopleCome: false,
  run: null,
  ending: null,
  log: [],
  stepSpans: [],
  lanes: lanes.map((lane) => ({ ...lane, spans: [] })),
  scene: initialScene,
  faults: [],
  causes: [],
  proof: { visits: 0, failed: 0, violations: 0, calls: 0, throttled: 0, closedSeconds: 0 },
};
