import { okAsync, type ResultAsync } from '@graasp/deploy';
import type { Flags } from './flags.js';
import { localStage, type NoRehearsal, type Say } from './local-stage.js';
import { findRehearsal } from './reach-rehearsal.js';
import { realStage } from './real-stage.js';
import type { Stage } from './stage.js';

/** The stage that the flags ask for. */
export function openStage(flags: Flags, signal: AbortSignal): ResultAsync<Stage, NoRehearsal> {
  const say: Say = (line) => void (flags.json ? undefined : console.log(line));
  return flags.environment === null ? localStage({ flags, signal, say }) : okAsync(realStage(flags.environment));
}

/** `--stop`: ends the rehearsal that waits in this directory. */
export async function stopRehearsal(): Promise<void> {
  const reached = await findRehearsal();
  if (reached === undefined) return console.log('No local cloud waits in this directory.');
  await reached.stop();
  console.log('The local cloud has ended.');
}
