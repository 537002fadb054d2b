import { type Commands, type Environment, internals } from '../environment/environment.js';
import type { NextAction } from '../errors.js';

interface Filling {
  readonly run: string;
  readonly restorePoint?: string | undefined;
  readonly version?: string | undefined;
}

/** A next action spelled as this environment's users run it. */
export function nextAction(env: Environment, command: keyof Commands, text: string, filling: Filling): NextAction {
  return { text, command: commandOf(env, command, filling) };
}

/** How a run that left a hold or a dead lock goes on: `again` is a run of one step, which is called once more. */
export type WayOn = 'resume' | 'reopen' | 'again';

interface Left {
  readonly run: string;
  readonly recipe: string;
  readonly continuedBy: WayOn;
}

/** What to do about a run that left a hold, or died with the lock, as a remedy says it. */
export function wayOn(env: Environment, left: Left, what: 'hold' | 'lock'): string {
  const letGo = commandOf(env, 'releaseHold', left);
  if (left.continuedBy === 'again') {
    return what === 'hold' ? `Call ${left.recipe} again, or look at the environment and let go of it (${letGo}).` : `Look at the environment and let go of it (${letGo}), then call ${left.recipe} again.`;
  }
  const onward = what === 'hold' && left.continuedBy === 'reopen' ? commandOf(env, 'reopen', left) : commandOf(env, 'resume', left);
  return `Continue that run (${onward}), or look at the environment and let go of it (${letGo}).`;
}

/** A command of the environment, with its names filled in. */
export function commandOf(env: Environment, command: keyof Commands, filling: Filling): string {
  const values: Readonly<Record<string, string>> = {
    environment: env.definition.name,
    run: filling.run,
    instance: env.definition.database,
    snapshot: filling.restorePoint ?? 'SNAPSHOT',
    version: filling.version ?? 'VERSION',
  };
  return env[internals].commands[command].replace(/\{(environment|run|instance|snapshot|version)\}/g, (_, name: string) => values[name]!);
}
