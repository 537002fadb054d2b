import type { CSSProperties, ReactNode } from 'react';
import type { Look } from './look';
import { versions } from './shop';
import { durationText, timeText } from './steps';
import styles from './strip-chart.module.css';
import type { Answer, Lane } from './visitors';

const minuteMs = 60_000;
const shownMinutes = 16;

/** What a span is called in it, and what it means. */
const answers: Readonly<Record<Answer, readonly [string, string]>> = {
  old: [versions.old, 'the old version'],
  new: [versions.new, 'the new version'],
  office: ['office', 'the office'],
  maintenance: ['maintenance', 'the maintenance page'],
  down: ['nothing runs', 'let in, and nothing runs yet (503)'],
  error: ['error', 'an error'],
};

/** What the release did, and below it what everybody saw at that time, second by second. */
export function StripChart({ look }: { readonly look: Look }): ReactNode {
  const { openedAt, at, lanes, stepSpans } = look;
  const minutes = Math.max(shownMinutes, Math.ceil((at - openedAt) / minuteMs / 4) * 4);
  const placed = (from: number, to: number): CSSProperties => ({ left: `${((from - openedAt) / minuteMs / minutes) * 100}%`, width: `${((to - from) / minuteMs / minutes) * 100}%` });
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>What everybody saw, second by second</figcaption>
      <div className={styles.chart} aria-hidden="true">
        <p className={styles.lane}>release</p>
        <div className={styles.track} data-steps="">
          {stepSpans.map((span, index) => (
            <span key={index} className={styles.step} style={placed(span.from, span.to ?? at)} data-failed={span.failed ? '' : undefined} data-undoes={span.undoes ? '' : undefined} title={span.name}>
              {span.name}
            </span>
          ))}
        </div>
        {lanes.map((lane) => (
          <Track key={lane.name} lane={lane} placed={placed} now={at} />
        ))}
        <p className={styles.lane} />
        <div className={styles.axis}>
          {Array.from({ length: minutes / 4 + 1 }, (_, index) => (
            <span key={index} style={{ left: `${((index * 4) / minutes) * 100}%` }}>
              {index * 4}
              {index === 0 ? ' min' : ''}
            </span>
          ))}
        </div>
      </div>
      <details className={styles.details}>
        <summary>The same as a table</summary>
        <SpanTable lanes={lanes} />
      </details>
    </figure>
  );
}

function Track({ lane: { title, spans }, placed, now }: { readonly lane: Lane; readonly placed: (from: number, to: number) => CSSProperties; readonly now: number }): ReactNode {
  return (
    <>
      <p className={styles.lane}>{title}</p>
      <div className={styles.track}>
        {spans.map(({ from, to, answer }) => (
          <span key={from} className={styles.span} style={placed(from, Math.min(to, Math.max(now, from)))} data-answer={answer} title={answers[answer][1]}>
            {answers[answer][0]}
          </span>
        ))}
      </div>
    </>
  );
}

function SpanTable({ lanes }: { readonly lanes: readonly Lane[] }): ReactNode {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">From</th>
          <th scope="col">For</th>
          <th scope="col">Saw</th>
          <th scope="col">Requests</th>
        </tr>
      </thead>
      <tbody>
        {lanes.flatMap(({ name, title, spans }) =>
          spans.map(({ from, to, answer, requests }) => (
            <tr key={`${name} ${from}`}>
              <td>{title}</td>
              <td>{timeText(from)}</td>
              <td>{durationText((to - from) / 1000)}</td>
              <td>{answers[answer][1]}</td>
              <td>{requests}</td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}
