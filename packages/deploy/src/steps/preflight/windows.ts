const minuteMs = 60_000;
const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;
/** "Preferred maintenance window": days by three letters. */
export const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Day = (typeof days)[number];
/** The first Sunday after the epoch, in minutes. */
const aSunday = 3 * dayMinutes;

/** Milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What comes again and again, in minutes. */
export interface Recurrence {
  /** Since the epoch, of any of its occurrences. */
  readonly begin: number;
  readonly length: number;
  readonly every: number;
}

/** `23:45-00:15` (every day) or `sun:23:45-mon:00:15` (every week), UTC, as RDS writes its windows; null for anything else. */
export function windowOf(text: string): Recurrence | null {
  const [, fromDay, from, toDay, to] = /^(?:(\w{3}):)?(\d\d:\d\d)-(?:(\w{3}):)?(\d\d:\d\d)$/.exec(text.toLowerCase()) ?? [];
  if (from === undefined || to === undefined) return null;
  if (fromDay === undefined || toDay === undefined) return fromDay === toDay ? recurrence(minutesOf(from), minutesOf(to), dayMinutes) : null;
  return recurrence(dayStart(fromDay as Day) + minutesOf(from), dayStart(toDay as Day) + minutesOf(to), weekMinutes);
}

/** A minute of each of these days (default all) at `04:30`, UTC. */
export function momentsOf(utc: string, on: readonly Day[] = days): readonly Recurrence[] {
  return on.map((day) => ({ begin: dayStart(day) + minutesOf(utc), length: 1, every: weekMinutes }));
}

/** The first occurrence that has a moment in common with the span; null when there is none. */
export function overlap(span: Span, { begin, length, every }: Recurrence): Span | null {
  const [first, lasts, period] = [begin * minuteMs, length * minuteMs, every * minuteMs];
  // of those that end after the span's beginning, the first
  const from = first + (Math.floor((span.from - lasts - first) / period) + 1) * period;
  return from < span.to ? { from, to: from + lasts } : null;
}

/** An end before the beginning is one of the next day, or week. */
function recurrence(begin: number, end: number, every: number): Recurrence {
  return { begin, length: (((end - begin) % every) + every) % every, every };
}

function dayStart(day: Day): number {
  return aSunday + days.indexOf(day) * dayMinutes;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}
