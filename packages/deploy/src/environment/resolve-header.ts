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

/** Name and value of the maintenance header, and what is wrong with them; neither is ever part of a problem. */
export function resolveHeader({ maintenance }: EnvironmentDefinition): { readonly header: ResolvedHeader; readonly problems: readonly string[] } {
  const name = resolveSecret(maintenance.headerName);
  const value = resolveSecret(maintenance.headerValue);
  return {
    header: { name: name ?? '', value: new Redacted(value ?? '') },
    problems: [
      ...problem('maintenance.headerName', maintenance.headerName, name, nameProblem),
      ...problem('maintenance.headerValue', maintenance.headerValue, value, valueProblem),
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
  return headerValuePattern.test(value) ? null : `expected at most 128 visible characters, * and ? not among them, got ${shape(value, 128)}`;
}

function shape(text: string, most: number): string {
  return text.length > most ? `${text.length} characters` : `${text.length} characters, not all of them allowed`;
}
