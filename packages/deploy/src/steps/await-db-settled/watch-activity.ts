import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import { activityOf, describeActivity, isQuiet, type RunningOperation } from '../database-sql/activity.js';
import { lookAtDatabases, type LookError } from '../database-sql/look-at-databases.js';
import type { DatabaseLook } from '../database-sql/parse-answer.js';
import type { SqlWay } from '../database-sql/sql-way.js';

/** What was seen to run, or to have run since the first look. */
export interface RanOperation {
  /** `vacuum`, `analyze`, `create index`, `reindex`, `cluster`, `vacuum full`; null: the user is not told. */
  readonly operation: string | null;
  /** null: the user is not told. */
  readonly table: string | null;
  readonly database: string | null;
  /** By autovacuum; null: the user is not told. */
  readonly automatic: boolean | null;
  /** For how long it was seen to run; null: it came and went between two looks. */
  readonly seconds: number | null;
}

/** How long nothing was seen to go on. */
export interface Quiet {
  readonly quietSeconds: number;
  /** For people; empty when nothing goes on. */
  readonly seen: string;
}

/** What the looks at the database have told so far. */
export interface ActivityWatch {
  /** A look that fails in passing is a busy one; an Err is no use trying again. */
  look(): ResultAsync<Quiet, LookError>;
  readonly ran: readonly RanOperation[];
  /** Of the last look that was answered. */
  readonly looks: readonly DatabaseLook[];
}

/** So many looks in a row may fail: a database that is busy, a task that finds no capacity. */
const mostFailures = 3;
const passing: ReadonlySet<LookError['kind']> = new Set(['Unreachable', 'Unexpected', 'Throttled']);

/** Looks at the databases for as long as it is asked to. `analyzedSince`: as `lookAtDatabases` takes it. */
export function watchActivity(env: Environment, way: SqlWay, step: string, analyzedSince: string | null): ActivityWatch {
  const record = recordOperations();
  let looks: readonly DatabaseLook[] = [];
  let quietSince: number | null = null;
  let failures = 0;

  const see = (seen: readonly DatabaseLook[], askedAt: number): Quiet => {
    if (looks.length === 0) tellLimits(env, seen);
    looks = seen;
    failures = 0;
    const activity = activityOf(seen);
    const news = record.add(activity.running, seen);
    quietSince = isQuiet(activity) && !news ? (quietSince ?? askedAt) : null;
    return { quietSeconds: quietSince === null ? 0 : (askedAt - quietSince) / 1000, seen: describeActivity(activity) };
  };
  const fail = (error: LookError): Result<Quiet, LookError> => {
    quietSince = null;
    failures += 1;
    return passing.has(error.kind) && failures < mostFailures ? ok({ quietSeconds: 0, seen: `the database does not tell what goes on: ${error.message}` }) : err(error);
  };

  return {
    get ran() {
      return record.ran();
    },
    get looks() {
      return looks;
    },
    look: () => {
      const askedAt = steadyNow(env.clock);
      return lookAtDatabases(way, step, analyzedSince).map((seen) => see(seen, askedAt)).orElse(fail);
    },
  };
}

interface OperationsRecord {
  /** Whether something is at work, or has been since the look before. */
  add(running: readonly RunningOperation[], looks: readonly DatabaseLook[]): boolean;
  ran(): readonly RanOperation[];
}

/** Times are the database's own, compared with nothing but its own: the machine's clock is another. */
function recordOperations(): OperationsRecord {
  const seen = new Map<string, RanOperation>();
  const known = new Set<string>();
  const firstAt = new Map<string, string>();
  const addDone = ({ database, at, done }: DatabaseLook): boolean => {
    const first = firstAt.get(database) ?? at;
    firstAt.set(database, first);
    const added = done.filter((each) => each.at > first && !known.has(`${database} ${JSON.stringify(each)}`));
    for (const each of added) {
      const { operation, table, automatic } = each;
      known.add(`${database} ${JSON.stringify(each)}`);
      const watched = [...seen.values()].some((ran) => ran.database === database && ran.table === table && ran.operation === operation);
      if (!watched) seen.set(`${database} ${JSON.stringify(each)}`, { operation, table, database, automatic, seconds: null });
    }
    return added.length > 0;
  };
  return {
    add: (running, looks) => {
      for (const { pid, operation, table, database, automatic, seconds } of running) seen.set(`${pid} ${database} ${operation} ${table}`, { operation, table, database, automatic, seconds });
      return [running.length > 0, ...looks.map(addDone)].includes(true);
    },
    ran: () => [...seen.values()],
  };
}

/** What will not be seen is said once, and not taken for quiet without a word. */
function tellLimits(env: Environment, looks: readonly DatabaseLook[]): void {
  const blind = looks.some(({ seesOthers }) => !seesOthers);
  const off = looks.filter(({ autovacuum }) => !autovacuum).map(({ database }) => database);
  if (blind) env.emit({ type: 'warning', message: `The user that asks ${env.definition.database} is not told of others' sessions: ${notToldOf.join(', ')} are not seen. Grant it pg_monitor or pg_read_all_stats.` });
  if (off.length > 0) env.emit({ type: 'warning', message: `Autovacuum is off in ${off.join(', ')}: nothing vacuums or analyzes by itself there, and nothing is waited for.` });
}

/** Hidden from a user without pg_read_all_stats ("The Cumulative Statistics System"), tried with PostgreSQL 16; that somebody vacuums is not. */
export const notToldOf: readonly string[] = ['long transactions', 'which tables are vacuumed', 'how far that is'];
