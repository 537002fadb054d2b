import { err, errAsync, ok, okAsync, Result, type ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import type { RunStoreFailed } from '../errors.js';
import type { RunStore } from './run-store.js';

/** A JSON document with the version that a conditional write names. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/** Where the documents of an environment are. */
export const keyOf = {
  lock: (environment: string) => `${environment}/lock`,
  hold: (environment: string) => `${environment}/hold`,
  baseline: (environment: string) => `${environment}/baseline`,
  rehearsal: (environment: string) => `${environment}/rehearsal`,
  restored: (environment: string) => `${environment}/restored`,
  schema: (environment: string) => `${environment}/schema`,
  database: (environment: string) => `${environment}/database`,
  infrastructureLock: (environment: string) => `${environment}/infrastructure-lock`,
  journals: (environment: string) => `${environment}/runs/`,
  journal: (environment: string, run: string) => `${environment}/runs/${run}`,
} as const;

/** What readers of a document cannot do without: somebody may have edited it by hand. */
export type Shape<T> = v.GenericSchema<unknown, { readonly [K in keyof T]?: unknown }>;

/** Reads a document; null where none is. RunStoreFailed also where what is there has not its shape. */
export function readJson<T>(store: RunStore, key: string, shape: Shape<T>): ResultAsync<Stored<T> | null, RunStoreFailed> {
  return store.read(key).andThen((document) => {
    if (document === null) return ok(null);
    const value = parsed(document.body);
    return v.is(shape, value) ? ok({ value: value as T, etag: document.etag }) : err(unreadable(store, key));
  });
}

/** Removes a document if it is still the one that was read; one that is gone or new is left. */
export function removeJson(store: RunStore, key: string, stored: Stored<unknown> | null): ResultAsync<void, RunStoreFailed> {
  return stored === null ? okAsync(undefined) : store.remove(key, stored.etag).map(() => undefined);
}

/** Writes a document over whatever version is there. Only for who holds the lock. */
export function putJson(store: RunStore, key: string, value: unknown): ResultAsync<void, RunStoreFailed> {
  const body = JSON.stringify(value, null, 1);
  return store.read(key).andThen((document) => {
    const written = document === null ? store.create(key, body) : store.replace(key, body, document.etag);
    return written.andThen((version) => (version === null ? errAsync(overtaken(store, key)) : okAsync(undefined)));
  });
}

/** undefined, which no JSON is, where it is none. */
function parsed(body: string): unknown {
  return Result.fromThrowable((): unknown => JSON.parse(body))().unwrapOr(undefined);
}

/** Something else than this library has written there. */
export function unreadable(store: RunStore, key: string): RunStoreFailed {
  return {
    kind: 'RunStoreFailed',
    message: `The run store (${store.name}) holds something at ${key} that is not a document of this library.`,
    remedy: `Look at it, and bring back what it was. ${withoutIt(key)}`,
    store: store.name,
  };
}

/** What is forgotten with a document that is moved away. */
function withoutIt(key: string): string {
  if (key.endsWith('/lock')) return 'See that no run is at work before you move it away: without it the next one starts beside that.';
  if (key.endsWith('/hold')) return 'Without it a run starts although something was left to decide.';
  if (key.endsWith('/baseline')) return 'Without it the next run takes what is closed or stopped now for what it has found.';
  if (key.endsWith('/schema') || key.endsWith('/restored')) return 'Without it code is started that does not fit the schema.';
  return 'Move it away only if nobody needs what it said.';
}

function overtaken(store: RunStore, key: string): RunStoreFailed {
  return {
    kind: 'RunStoreFailed',
    message: `The run store (${store.name}) was written at ${key} by somebody else at the same moment.`,
    remedy: 'Find out who else works on this environment, then try again.',
    store: store.name,
  };
}
