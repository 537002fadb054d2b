import type { Secret } from './definition.js';

/** What a definition means: the variable's value, or the text that stands there; undefined when it is unset, or no text. */
export function resolveSecret(from: unknown): string | undefined {
  return isSecret(from) ? variable(from.fromEnv) : typeof from === 'string' ? from : undefined;
}

/** The problem of a secret whose variable is not set. */
export function unsetProblem(path: string, from: unknown): readonly string[] {
  return isSecret(from) ? [`${path}: expected environment variable ${from.fromEnv} to be set, got nothing`] : [];
}

export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Secret>).fromEnv === 'string';
}

/** An empty variable is an unset one: that is what a missing secret becomes in most CI systems. */
function variable(name: string): string | undefined {
  const value = globalThis.process?.env?.[name];
  return value === '' ? undefined : value;
}
