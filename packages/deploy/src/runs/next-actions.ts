import { type Commands, type Environment, internals } from '../environment/environment.js';
import type { NextAction } from '../errors.js';

/** A next action spelled as this environment's users run it. */
export function nextAction(env: Environment, command: keyof Commands, text: string, filling: { readonly run: string; readonly restorePoint?: string | undefined }): NextAction {
  return { text, command: commandOf(env, command, filling) };
}

/** A command of the environment, with its names filled in. */
export function commandOf(env: Environment, command: keyof Commands, filling: { readonly run: string; readonly restorePoint?: string | undefined }): string {
  const values: Readonly<Record<string, string>> = {
    environment: env.definition.name,
    run: filling.run,
    instance: env.definition.database,
    snapshot: filling.restorePoint ?? 'SNAPSHOT',
  };
  return env[internals].commands[command].replace(/\{(environment|run|instance|snapshot)\}/g, (_, name: string) => values[name]!);
}
