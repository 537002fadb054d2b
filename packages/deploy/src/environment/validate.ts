import type { Environment } from './environment.js';

/** How a wrong value is told: `expected a positive number, got -1 (number)`. */
export function expectedGot(expected: string, value: unknown): string {
  if (value === undefined || value === null) return `expected ${expected}, got ${value === null ? 'null' : 'nothing'}`;
  return `expected ${expected}, got ${shown(value)} (${Array.isArray(value) ? 'array' : typeof value})`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'object') return Array.isArray(value) ? `${value.length} items` : 'one';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'one';
}

/** Problems of an option that is one of a few words. */
export function choiceProblems(name: string, allowed: readonly string[], value: unknown): readonly string[] {
  if (value === undefined || allowed.includes(value as string)) return [];
  return [`${name}: ${expectedGot(allowed.map((choice) => `'${choice}'`).join(' or '), value)}`];
}

/** Problems of options that are yes or no. */
export function flagProblems(flags: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined || typeof value === 'boolean' ? [] : [`${name}: ${expectedGot('a boolean', value)}`]));
}

/** Problems of options that are no object: what they say would not be seen. */
export function objectProblems(name: string, value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : [`${name}: ${expectedGot('an object', value)}`];
}

/** Whatever in these options is none that is known: a misspelt one would be taken for its default. */
export function unknownOptionProblems(options: object, known: readonly string[]): readonly string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => `${name}: unknown option; known are ${known.join(', ')}`);
}

/** Problems of the options that every wait has. */
export function waitProblems(options: { readonly timeoutSeconds?: number | undefined; readonly signal?: AbortSignal | undefined } = {}): readonly string[] {
  const { timeoutSeconds, signal } = options;
  const badTimeout = timeoutSeconds !== undefined && !(typeof timeoutSeconds === 'number' && Number.isFinite(timeoutSeconds) && timeoutSeconds > 0);
  const badSignal = signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function';
  return [
    ...(badTimeout ? [`timeoutSeconds: ${expectedGot('a positive number', timeoutSeconds)}`] : []),
    ...(badSignal ? [`signal: ${expectedGot('an AbortSignal', signal)}`] : []),
  ];
}

/** Problems of seconds that are given by the name of a step. */
export function timeoutProblems(steps: readonly string[], timeoutSeconds: Readonly<Partial<Record<string, number>>> = {}): readonly string[] {
  if (objectProblems('timeoutSeconds', timeoutSeconds).length > 0) return [`timeoutSeconds: ${expectedGot(`seconds by the name of a step, such as { '${steps[0] ?? 'step'}': 900 }`, timeoutSeconds)}`];
  return Object.entries(timeoutSeconds).flatMap(([step, seconds]) => {
    if (!steps.includes(step)) return [`timeoutSeconds.${step}: expected one of ${steps.join(', ')}`];
    return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? [] : [`timeoutSeconds.${step}: ${expectedGot('a positive number', seconds)}`];
  });
}

const versionPattern = /^v\d+\.\d+\.\d+(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$/;

/** `v1.54.8` and `v3.56.2-rc1` are versions: a v, three numbers, and perhaps a pre-release; an image's tag is made of it. */
export function versionProblems(version: unknown): readonly string[] {
  return typeof version === 'string' && versionPattern.test(version) ? [] : [`version: ${expectedGot("a version like 'v1.54.8' or 'v3.56.2-rc1'", version)}`];
}

/** Problems of a list of services that are to be of this environment. */
export function serviceProblems(env: Environment, names: readonly string[] | undefined, option = 'services'): readonly string[] {
  const known = Object.keys(env.definition.services);
  if (names === undefined) return [];
  if (!Array.isArray(names)) return [`${option}: ${expectedGot('a list of services', names)}`];
  const unknown = names.filter((name: unknown) => typeof name !== 'string' || !known.includes(name));
  return unknown.map((name) => `${option}: ${expectedGot(`one of ${known.join(', ')}`, name)}`);
}
