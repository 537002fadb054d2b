import { useId, type ReactNode } from 'react';
import styles from './controls.module.css';
import type { Look } from './look';
import { speeds } from './speeds';
import type { Phase } from './stage';
import { durationText, timeText } from './steps';

interface ControlsProps {
  readonly phase: Phase;
  readonly look: Look;
  readonly paused: boolean;
  readonly speed: number;
  onStart(): void;
  onPause(paused: boolean): void;
  onSpeed(speed: number): void;
  onCloseLaptop(): void;
}

export function Controls({ phase, look, paused, speed, onStart, onPause, onSpeed, onCloseLaptop }: ControlsProps): ReactNode {
  const running = look.busy !== null;
  const id = useId();
  const main = mainButton({ phase, running, paused });
  const press = () => {
    if (phase === 'loading') return;
    if (running) onPause(!paused);
    else onStart();
  };
  return (
    <div className={styles.controls} role="group" aria-label="Controls of the rehearsal">
      {/* one button for its whole life: the focus stays on it */}
      <button type="button" className={`button button--primary ${styles.main}`} aria-disabled={phase === 'loading'} aria-describedby={running ? undefined : id} onClick={press}>
        {main}
      </button>
      <button type="button" className={`button button--outline button--secondary ${styles.laptop}`} disabled={!running} aria-describedby={running ? id : undefined} onClick={onCloseLaptop}>
        Close the laptop
      </button>
      <fieldset className={styles.speeds}>
        <legend>Speed</legend>
        {speeds.map((each) => (
          <label key={each} className={styles.speed}>
            <input type="radio" name="rehearsal-speed" value={each} checked={each === speed} onChange={() => onSpeed(each)} />
            <span>{each}×</span>
          </label>
        ))}
      </fieldset>
      <p className={styles.clock}>
        <span className={styles.time}>{look.openedAt === 0 ? '08:00:00' : timeText(look.at)}</span>
        <span className={styles.elapsed}>{timeTold(phase, paused, look)}</span>
      </p>
      <p id={id} className={styles.says}>
        {running ? 'Close the laptop: the process dies in the middle, and the cloud goes on.' : startSays(phase)}
      </p>
    </div>
  );
}

function startSays(phase: Phase): string {
  return phase === 'open' ? 'Start over: a new cloud, on v1.54.7; what is ticked goes wrong again.' : 'A new cloud, on v1.54.7; what is ticked goes wrong.';
}

function timeTold(phase: Phase, paused: boolean, { openedAt, at, peopleCome }: Look): string {
  if (phase !== 'open') return 'the cloud’s time';
  return paused || !peopleCome ? 'time stands still' : `${durationText((at - openedAt) / 1000)} in the cloud`;
}

function mainButton({ phase, running, paused }: { readonly phase: Phase; readonly running: boolean; readonly paused: boolean }): string {
  if (phase === 'loading') return 'Starting a cloud …';
  if (running) return paused ? 'Go on' : 'Pause';
  return phase === 'open' ? 'Start over' : 'Start the release';
}
