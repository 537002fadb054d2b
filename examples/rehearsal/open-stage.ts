import { errAsync, okAsync, ResultAsync } from '@graasp/deploy';
import type { Flags } from './flags.js';
import { inUse, localStage, type NoRehearsal, type Say } from './local-stage.js';
import { findRehearsal } from './reach-rehearsal.js';
import { realStage } from './real-stage.js';
import type { Stage } from './stage.js';

/** The stage that the flags ask for. */
export function openStage(flags: Flags, signal: AbortSignal): ResultAsync<Stage, NoRehearsal> {
  const say: Say = (line) => void (flags.json ? undefined : console.log(line));
  return flags.environment === null ? localStage({ flags, signal, say }) : okAsync(realStage(flags.environment));
}

/** `--stop`: ends the local cloud that waits in this directory; one that somebody works with is theirs to end. */
export function stopRehearsal(): ResultAsync<void, NoRehearsal> {
  return ResultAsync.fromSafePromise(findRehearsal()).andThen((reached) => {
    if (reached === undefined) return okAsync(console.log('No local cloud waits in this directory.'));
    return ResultAsync.fromPromise(reached.status(), gone).andThen(({ attached }) => (attached.length > 0 ? errAsync(inUse(attached)) : ResultAsync.fromPromise(reached.stop(), gone).map(() => console.log('The local cloud has ended.'))));
  });
}

function gone(error: unknown): NoRehearsal {
  return { kind: 'NotFound', message: error instanceof Error ? error.message : String(error), remedy: 'Call this again.' };
}
