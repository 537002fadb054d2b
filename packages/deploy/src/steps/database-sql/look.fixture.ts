import type { DatabaseLook } from './parse-answer.js';

/** What unit tests share: a database in which nothing goes on. */
export const quietLook: DatabaseLook = {
  database: 'shop',
  at: '2026-11-23T10:00:00.000000Z',
  standby: false,
  seesOthers: true,
  autovacuum: true,
  running: [],
  transactions: [],
  waiting: [],
  due: [],
  done: [],
  clients: 0,
  tables: 3,
  missed: null,
};

export const vacuumOf = (table: string | null, changes: Partial<DatabaseLook['running'][number]> = {}): DatabaseLook['running'][number] => ({
  pid: 7,
  operation: 'vacuum',
  database: 'shop',
  table,
  phase: 'scanning heap',
  done: 120,
  total: 1000,
  seconds: 12,
  automatic: true,
  ...changes,
});
