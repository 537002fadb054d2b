import { Redacted } from '../redacted.js';
import type { EnvironmentDefinition } from './definition.js';
import { isSecret, resolveSecret, unsetProblem } from './resolve-secret.js';

/** With what Umami is logged in to. */
export interface UmamiCredentials {
  readonly username: Redacted;
  readonly password: Redacted;
}

/** Umami's user and password, null without Umami, and what is wrong with them; neither is ever part of a problem. */
export function resolveUmami(definition: EnvironmentDefinition): { readonly credentials: UmamiCredentials | null; readonly problems: readonly string[] } {
  const { umami } = definition;
  if (umami === undefined) return { credentials: null, problems: [] };
  const username = resolveSecret(umami.username);
  const password = resolveSecret(umami.password);
  return {
    credentials: { username: new Redacted(username ?? ''), password: new Redacted(password ?? '') },
    problems: [
      ...(username === undefined ? unsetProblem('umami.username', umami.username) : []),
      ...(password === undefined ? unsetProblem('umami.password', umami.password) : wordProblem(definition, password)),
    ],
  };
}

/** Whether the definition itself says this in the clear: what hides it everywhere would blot out the service of that name. */
export function isSaidInTheClear(definition: EnvironmentDefinition, text: string): boolean {
  return JSON.stringify(definition).toLowerCase().includes(text.toLowerCase());
}

/** Umami comes with the password `umami`, which is what its service is called too. */
function wordProblem(definition: EnvironmentDefinition, password: string): readonly string[] {
  const { password: from } = definition.umami ?? {};
  if (!isSecret(from) || !isSaidInTheClear(definition, password)) return [];
  return [`umami.password (environment variable ${from.fromEnv}): expected a password that is no word of the definition, got one that stands there in the clear`];
}
