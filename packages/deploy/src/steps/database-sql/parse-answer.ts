import { Result } from 'neverthrow';
import * as v from 'valibot';

const operation = v.nullable(v.string());
const amount = v.nullable(v.number());
const name = v.nullable(v.string());

const look = v.object({
  database: v.string(),
  /** The database's own time, as in `done`: texts that compare as times do. */
  at: v.string(),
  /** It is a replica, whose sessions and statistics are its own. */
  standby: v.boolean(),
  /** Whether the user is told what others' sessions do. */
  seesOthers: v.boolean(),
  autovacuum: v.boolean(),
  /** In the whole instance; what is null the user is not told, a table of another database no one. */
  running: v.array(v.object({ pid: v.number(), operation, database: name, table: name, phase: name, done: amount, total: amount, seconds: amount, automatic: v.nullable(v.boolean()) })),
  transactions: v.array(v.object({ pid: v.number(), user: name, database: name, state: name, seconds: amount })),
  waiting: v.array(v.object({ pid: v.number(), table: name })),
  /** In this database, what autovacuum is to begin at its next look. */
  due: v.array(v.object({ table: v.string(), operation: v.string(), rows: v.number(), bound: v.number() })),
  done: v.array(v.object({ table: v.string(), operation: v.string(), automatic: v.boolean(), at: v.string() })),
  /** Sessions of the instance's clients besides the one that asks. */
  clients: v.number(),
  tables: v.number(),
  /** Tables that were not analyzed since the time in question. */
  missed: amount,
});

/** What one database told at one moment. */
export type DatabaseLook = v.InferOutput<typeof look>;

const analyzed = v.object({ database: v.string(), at: v.string() });
export type DatabaseAnalyzed = v.InferOutput<typeof analyzed>;

/** null: it is no answer of `lookStatement`. */
export function parseLook(line: string): DatabaseLook | null {
  return parsed(look, line);
}

/** null: it is no answer of `analyzeStatements`. */
export function parseAnalyzed(line: string): DatabaseAnalyzed | null {
  return parsed(analyzed, line);
}

const json = Result.fromThrowable((line: string) => JSON.parse(line) as unknown, () => null);

function parsed<T extends v.GenericSchema>(schema: T, line: string): v.InferOutput<T> | null {
  const result = v.safeParse(schema, json(line).unwrapOr(null));
  return result.success ? result.output : null;
}
