import { type Commands, type Environment, internals } from '../environment/environment.js';
import type { NextAction, Situation } from '../errors.js';

interface Filling {
  readonly run: string;
  /** Of that run. */
  readonly recipe?: string | undefined;
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

/** What to do about a run that died with the lock, as a remedy says it. */
export function wayOnFromLock(env: Environment, left: Left): string {
  const letGo = commandOf(env, 'releaseHold', left);
  if (left.continuedBy === 'again') return `Look at the environment and let go of it (${letGo}), then call ${left.recipe} again.`;
  return `Continue that run (${commandOf(env, 'resume', left)}), or look at the environment and let go of it (${letGo}).`;
}

/** The same of one that left a hold: all that the hold itself names. */
export function wayOnFromHold(env: Environment, left: Left & { readonly situation: Pick<Situation, 'nextActions'> }): string {
  if (left.continuedBy === 'again') return `Call ${left.recipe} again, or look at the environment and let go of it (${commandOf(env, 'releaseHold', left)}).`;
  const ways = left.situation.nextActions.map(({ text, command }) => `${text} (${command})`);
  return ways.length > 0 ? `Go on from that run. ${ways.join('; or: ')}.` : wayOnFromLock(env, left);
}

/** A command of the environment, with its names filled in. */
export function commandOf(env: Environment, command: keyof Commands, filling: Filling): string {
  const values: Readonly<Record<string, string>> = {
    environment: env.definition.name,
    run: filling.run,
    recipe: filling.recipe ?? 'recipe',
    instance: env.definition.database,
    snapshot: filling.restorePoint ?? 'SNAPSHOT',
    version: filling.version ?? 'VERSION',
  };
  return env[internals].commands[command].replace(/\{(environment|run|recipe|instance|snapshot|version)\}/g, (_, name: string) => values[name]!);
}
