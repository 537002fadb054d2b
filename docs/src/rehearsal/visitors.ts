import type { CloudConnection } from '@graasp/local-cloud';
import { definition, hosts, operatorSecret, versions } from './shop';

export type LaneName = 'visitors' | 'operator' | 'staff';

/** Somebody who keeps asking. */
export interface LaneDefinition {
  readonly name: LaneName;
  readonly title: string;
  /** Who that is. */
  readonly who: string;
  readonly host: string;
  /** Milliseconds of the cloud's time from one request to the next. */
  readonly everyMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export const lanes: readonly LaneDefinition[] = [
  { name: 'visitors', title: 'Visitors', who: 'everybody', host: hosts.shop, everyMs: 1_000, headers: {} },
  { name: 'operator', title: 'Operator', who: 'sends the secret header', host: hosts.shop, everyMs: 10_000, headers: { [definition.maintenance.headerName as string]: operatorSecret.value } },
  { name: 'staff', title: 'Staff', who: 'work in the office', host: hosts.office, everyMs: 5_000, headers: {} },
];

/** Requests a minute that are the operator's, with room for a check: the release takes no notice of so many. */
export const operatorsRequests = 12;

/** What somebody was answered: by the old or the new version, by the office, with the maintenance page, that nothing runs (an operator is told so), or with an error. */
export type Answer = 'old' | 'new' | 'office' | 'maintenance' | 'down' | 'error';

/** Equal answers in a row. Milliseconds of the cloud's time. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly answer: Answer;
  readonly requests: number;
}

export interface Lane extends LaneDefinition {
  readonly spans: readonly Span[];
}

export interface Visitors {
  readonly lanes: readonly Lane[];
  readonly areThere: boolean;
  /** They come until they are sent home, and time passes meanwhile. */
  come(): void;
  goHome(): void;
}

/** Whoever is there asks on, release or not; `onVisit` is called after every answer. */
export function gatherVisitors({ fetch, clock }: Pick<CloudConnection, 'fetch' | 'clock'>, onVisit: () => void): Visitors {
  const seen = new Map<LaneName, readonly Span[]>(lanes.map(({ name }) => [name, []]));
  let home: AbortController | null = null;

  const visitAgainAndAgain = async (lane: LaneDefinition, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const answer = await ask(fetch, lane);
      if (signal.aborted) return;
      seen.set(lane.name, withAnswer(seen.get(lane.name) ?? [], answer, clock.now(), lane.everyMs));
      onVisit();
      await clock.sleep(lane.everyMs, signal).catch(() => undefined);
    }
  };

  return {
    get lanes() {
      return lanes.map((lane) => ({ ...lane, spans: seen.get(lane.name) ?? [] }));
    },
    get areThere() {
      return home !== null;
    },
    come() {
      if (home !== null) return;
      home = new AbortController();
      for (const lane of lanes) void visitAgainAndAgain(lane, home.signal);
    },
    goHome() {
      home?.abort();
      home = null;
    },
  };
}

async function ask(fetch: CloudConnection['fetch'], { name, host, headers }: LaneDefinition): Promise<Answer> {
  try {
    const response = await fetch(`https://${host}/`, { redirect: 'manual', headers });
    if (name === 'operator' && response.status === 503) return 'down';
    return answerOf(response.status, response.headers.get('location'), response.headers.get('x-version'));
  } catch {
    return 'error';
  }
}

function answerOf(status: number, location: string | null, version: string | null): Answer {
  if (status >= 400) return 'error';
  if (location !== null) return 'maintenance';
  if (version === null) return 'office';
  return version === versions.new ? 'new' : 'old';
}

/** Adds to the last span, unless the answer is another or nobody has asked for a while. */
export function withAnswer(spans: readonly Span[], answer: Answer, at: number, everyMs: number): readonly Span[] {
  const last = spans.at(-1);
  const to = at + everyMs;
  if (last !== undefined && last.answer === answer && at <= last.to + everyMs) return [...spans.slice(0, -1), { ...last, to, requests: last.requests + 1 }];
  return [...spans, { from: at, to, answer, requests: 1 }];
}
