import { Result } from 'neverthrow';
import { ownWords } from '../reports/own-words.js';
import { shortestRedacted } from '../reports/redact.js';
import { Redacted } from '../redacted.js';
import type { EnvironmentDefinition } from './definition.js';
import { isSecret, resolveSecret, unsetProblem } from './resolve-secret.js';

export interface ResolvedHeader {
  readonly name: string;
  readonly value: Redacted;
}

/** "Condition types for listener rules": at most 40 characters of an RFC 7230 token, without wildcards; a host has its own condition. */
const headerNamePattern = /^[!#$%&'+.^_`|~0-9A-Za-z-]{1,40}$/;
/** The same page: at most 128 characters; `*` and `?` would let through what they match. */
const headerValuePattern = /^[\x21-\x29\x2b-\x3e\x40-\x7e]{1,128}$/;

/** An operator's secret that lets through the gate of a production environment is no shorter. */
const shortestValue = 8;

/** Name and value of the maintenance header, and what is wrong with them; neither is ever part of a problem. */
export function resolveHeader(definition: EnvironmentDefinition): { readonly header: ResolvedHeader; readonly problems: readonly string[] } {
  const { maintenance } = definition;
  const name = resolveSecret(maintenance.headerName);
  const value = resolveSecret(maintenance.headerValue);
  return {
    header: { name: name ?? '', value: new Redacted(value ?? '') },
    problems: [
      ...problem('maintenance.headerName', maintenance.headerName, name, (text) => nameProblem(text) ?? (isSecret(maintenance.headerName) ? wordProblem(definition, text) : null)),
      ...problem('maintenance.headerValue', maintenance.headerValue, value, (text) => valueProblem(text) ?? wordProblem(definition, text)),
    ],
  };
}

function problem(path: string, from: unknown, value: string | undefined, wrong: (value: string) => string | null): readonly string[] {
  const where = isSecret(from) ? ` (environment variable ${from.fromEnv})` : '';
  if (value === undefined) return unsetProblem(path, from);
  const said = wrong(value);
  return said === null ? [] : [`${path}${where}: ${said}`];
}

function nameProblem(name: string): string | null {
  if (name.toLowerCase() === 'host') return 'expected another header than Host, for which listener rules have a condition of its own';
  return headerNamePattern.test(name) ? null : `expected a header name of at most 40 letters, digits and hyphens (RFC 7230), got ${shape(name, 40)}`;
}

function valueProblem(value: string): string | null {
  if (!headerValuePattern.test(value)) return `expected at most 128 visible characters, * and ? not among them, got ${shape(value, 128)}`;
  return value.length < shortestValue ? `expected a secret of at least ${shortestValue} characters, got ${value.length}` : null;
}

/** What is secret is taken out of whatever is written: times, names and the library's own words would go with it, and a run goes by them. */
export function wordProblem(definition: EnvironmentDefinition, secret: string): string | null {
  if (secret.length < shortestRedacted) return null;
  if (/^[\d-]+$/.test(secret)) return 'expected something else than digits, which times and identifiers consist of';
  const wanted = secret.toLowerCase();
  if (textOf(definition).unwrapOr('').toLowerCase().includes(wanted)) return 'expected a secret that is no part of the definition';
  return [...ownWords].some((word) => word.toLowerCase().includes(wanted)) ? 'expected a secret that is no word which journals and reports of this library consist of' : null;
}

const textOf = Result.fromThrowable((definition: EnvironmentDefinition) => JSON.stringify(definition), () => '');

function shape(text: string, most: number): string {
  return text.length > most ? `${text.length} characters` : `${text.length} characters, not all of them allowed`;
}
