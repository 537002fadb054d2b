import type { DatabaseLook } from './parse-answer.js';

export type RunningOperation = DatabaseLook['running'][number];

/** What goes on in the instance, by what each of its databases told at one moment. */
export interface Activity {
  readonly running: readonly RunningOperation[];
  readonly transactions: readonly DatabaseLook['transactions'][number][];
  readonly waiting: readonly DatabaseLook['waiting'][number][];
  readonly due: readonly DueOperation[];
}

export type DueOperation = DatabaseLook['due'][number] & { readonly database: string };

/** Sessions are told by every database, a table's name by its own alone. */
export function activityOf(looks: readonly DatabaseLook[]): Activity {
  return {
    running: byPid(looks.flatMap(({ running }) => running)),
    transactions: byPid(looks.flatMap(({ transactions }) => transactions.map((transaction) => ({ ...transaction, table: null })))).map(({ table: _, ...transaction }) => transaction),
    waiting: byPid(looks.flatMap(({ waiting }) => waiting)),
    due: looks.flatMap(({ database, due }) => due.map((each) => ({ ...each, database }))),
  };
}

function byPid<T extends { readonly pid: number; readonly table: string | null }>(sessions: readonly T[]): readonly T[] {
  const named = new Map<number, T>();
  for (const session of sessions) if ((named.get(session.pid)?.table ?? null) === null) named.set(session.pid, session);
  return [...named.values()];
}

export function isQuiet({ running, transactions, waiting, due }: Activity): boolean {
  return running.length + transactions.length + waiting.length + due.length === 0;
}

/** For people: what goes on first, then what is to come. */
export function describeActivity(activity: Activity): string {
  const { running, transactions, waiting, due } = activity;
  return [
    ...running.map(describeRunning),
    ...transactions.map(({ pid, user, database, state, seconds }) => `${user ?? 'somebody'} has a transaction open in ${database ?? 'no database'} for ${seconds ?? 0} s (pid ${pid}, ${state ?? 'state unknown'})`),
    ...(waiting.length === 0 ? [] : [`${waiting.length === 1 ? '1 session waits' : `${waiting.length} sessions wait`} for a lock${tablesOf(waiting)}`]),
    ...due.map(({ operation, table, database, rows, bound }) => `${operation} of ${table} in ${database} is due (${rows} rows, over ${Math.round(bound)})`),
  ].join('; ');
}

/** `vacuum of items in graasp: scanning heap, 34 % (automatic, for 12 s)`. */
export function describeRunning({ operation, table, database, phase, done, total, automatic, seconds }: RunningOperation): string {
  const what = `${operation ?? 'a rewrite'} of ${table ?? 'a table'} in ${database ?? 'no database'}`;
  const percent = done === null || total === null || total === 0 ? null : `${Math.floor((100 * done) / total)} %`;
  const progress = [phase, percent].filter((part) => part !== null).join(', ');
  const who = [...(automatic === true ? ['automatic'] : []), ...(seconds === null ? [] : [`for ${seconds} s`])].join(', ');
  return `${what}${progress === '' ? '' : `: ${progress}`}${who === '' ? '' : ` (${who})`}`;
}

function tablesOf(waiting: Activity['waiting']): string {
  const tables = [...new Set(waiting.flatMap(({ table }) => (table === null ? [] : [table])))];
  return tables.length === 0 ? '' : ` on ${tables.join(', ')}`;
}
