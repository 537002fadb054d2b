import { useEffect, useRef, type ReactNode } from 'react';
import styles from './log-view.module.css';
import type { LogLine } from './look';
import { timeText } from './steps';

/** Follows the newest line, unless the reader has scrolled away from it. */
export function LogView({ log }: { readonly log: readonly LogLine[] }): ReactNode {
  const area = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const before = useRef(0);
  useEffect(() => {
    const element = area.current;
    if (element !== null && follows.current) element.scrollTop = element.scrollHeight;
  }, [log]);
  const onScroll = () => {
    const element = area.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    // lines may have come since it was scrolled to its end: only who goes back leaves it
    follows.current = atEnd || (follows.current && element.scrollTop >= before.current);
    before.current = element.scrollTop;
  };
  return (
    <section className={styles.log} aria-label="Log">
      <h2 className={styles.title}>Log</h2>
      <div ref={area} className={styles.lines} tabIndex={0} role="region" aria-label="Lines of the log" onScroll={onScroll}>
        {log.length === 0 && <p className={styles.none}>As the terminal tells it, once something happens.</p>}
        {log.map(({ id, at, text, tone }) => (
          <p key={id} className={styles.line} data-tone={tone}>
            <span className={styles.time}>{at === null ? ' '.repeat(8) : timeText(at)}</span> {text}
          </p>
        ))}
      </div>
    </section>
  );
}
