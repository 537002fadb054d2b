import { type Environment, internals } from '../environment/environment.js';
import { secretsOfSql } from '../environment/resolve-sql.js';
import { isSaidInTheClear } from '../environment/resolve-umami.js';
import { ownWords } from './own-words.js';
import { quietly } from './quietly.js';

const hidden = '[redacted]';

/** Shapes of secrets that nobody told us about: AWS keys, passwords in connection strings. */
const shapes: readonly (readonly [RegExp, string])[] = [
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, hidden],
  [/((?:secret_?access_?key|session_?token|security[-_]?token|password)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?)[^\s"',;}&\\]+/gi, `$1${hidden}`],
  // a password may hold an @ or a /, and then the last @ ends it; after the name of a web site stands a port
  [/(\b(?!https?:|wss?:)[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*:)[^\s"']+@/gi, `$1${hidden}@`],
  [/(\b(?:https?|wss?):\/\/[^\s:/@]*:)[^\s@/]+@/gi, `$1${hidden}@`],
];

/** A property of such a name holds a secret, whatever it looks like. */
const secretName = /^(?:.*[-_])?(?:secret_?access_?key|session_?token|security[-_]?token|(?:master_?(?:user_?)?)?password)$/i;

/** Takes secrets out of every string in a JSON value, but not out of the names by which this library finds its own properties: the last line of defence of events and journals. */
export type Redact = <T>(value: T) => T;

/** A shorter secret would blot out ordinary words, and hides nothing that cannot be guessed. */
export const shortestRedacted = 4;

/** A redactor that knows these secrets, in whatever case they are written, besides the shapes of common ones. */
export function redactor(secrets: readonly string[]): Redact {
  const known = secrets.filter((secret) => secret.length >= shortestRedacted).flatMap((secret) => [...new Set([secret, encodeURIComponent(secret)])]).sort((a, b) => b.length - a.length);
  const pattern = known.length === 0 ? null : new RegExp(known.map(escapeForRegExp).join('|'), 'gi');
  const scrub = (text: string): string => {
    const withoutKnown = pattern === null ? text : text.replace(pattern, hidden);
    return shapes.reduce((rest, [shape, replacement]) => rest.replace(shape, replacement), withoutKnown);
  };
  return (value) => mapStrings(value, scrub);
}

function mapStrings<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => mapStrings(item, change)) as T;
  if (!isPlain(value)) return value;
  const scrubbed = Object.entries(value).map(([key, item]) => [ownWords.has(key) ? key : change(key), typeof item === 'string' && secretName.test(key) ? hidden : mapStrings(item, change)]);
  return Object.fromEntries(scrubbed) as T;
}

/** What JSON is made of. An Error, a Date or a class of the caller's is left as it is. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** What hides an environment's secrets: the header's value, its name where the definition keeps that secret too, and how Umami is logged in to and the database connected to. */
export function environmentRedactor(env: Environment): Redact {
  return redactor(secretsOf(env));
}

/** Tells reporters that can what else to hide: one that throws stops nothing. */
export function hideSecrets(env: Environment): void {
  for (const reporter of env[internals].reporters) quietly(() => reporter.hide?.(secretsOf(env)));
}

function secretsOf(env: Environment): readonly string[] {
  const { name, value } = env[internals].header;
  return [value.reveal(), ...(typeof env.definition.maintenance.headerName === 'string' ? [] : [name]), ...secretsOfUmami(env), ...secretsOfSql(env[internals].sql?.url ?? null)];
}

/** A user called `admin` is hidden only where nothing of the environment is called so: words of every event and journal would be lost. */
function secretsOfUmami({ definition, [internals]: { umami } }: Environment): readonly string[] {
  if (umami === null) return [];
  const username = umami.username.reveal();
  const hidesUsername = typeof definition.umami?.username === 'object' && !isSaidInTheClear(definition, username);
  return [umami.password.reveal(), ...(hidesUsername ? [username] : [])];
}
