import type { JsonValue } from '../environment/environment.js';

/** A type whose values survive JSON: an interface passes; a Date, a Map or a function does not. */
export type Json<T> = T extends JsonValue | undefined
  ? T
  : T extends ((...args: never[]) => unknown) | Date | bigint | symbol | Map<unknown, unknown> | Set<unknown>
    ? never
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : never;

/** What of a value does not survive JSON, by its path. */
export function jsonProblems(value: unknown, path: string): readonly string[] {
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path}: expected JSON, got ${value} (number)`];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => jsonProblems(item, `${path}[${index}]`));
  if (typeof value === 'object' && isPlain(value)) return Object.entries(value).flatMap(([key, item]) => jsonProblems(item, `${path}.${key}`));
  return [`${path}: expected JSON, got a ${typeof value === 'object' ? value.constructor.name : typeof value}`];
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** The value as it is read back from a journal. */
export function asJson<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
