import { errAsync, fileRunStore, okAsync, ResultAsync } from '@graasp/deploy';
import { attachLocalCloud } from '@graasp/local-cloud';
import { graaspDev } from '../environments/graasp-definition.js';
import { commandsFor, thisScript } from './commands.js';
import { conclude } from './conclude.js';
import type { Flags } from './flags.js';
import { findRehearsal, type Reached, startRehearsalProcess } from './reach-rehearsal.js';
import type { Stage } from './stage.js';
import { stepTimes } from './step-times.js';

/** The rehearsal cannot begin as things are on this machine. */
export interface NoRehearsal {
  readonly kind: 'NoRehearsal' | 'Aborted';
  readonly message: string;
  readonly remedy: string;
}

/** Prints a line for people, or nothing where only JSON lines are wanted. */
export type Say = (line: string) => void;

export interface LocalOptions {
  readonly flags: Flags;
  readonly signal: AbortSignal;
  readonly say: Say;
}

/** The rehearsal of this directory: a new one for a release or a plan, else the one that waits. */
export function localStage(options: LocalOptions): ResultAsync<Stage, NoRehearsal> {
  const { does } = options.flags;
  const begins = does === 'release' || does === 'plan';
  return ResultAsync.fromPromise(begins ? begin(options) : goOn(options), (error) => noRehearsal(error, options.signal)).andThen((reached) =>
    ResultAsync.fromPromise(stageOf(reached, options), (error) => noRehearsal(error, options.signal)),
  );
}

async function begin({ flags, signal, say }: LocalOptions): Promise<Reached> {
  const other = await findRehearsal();
  if (other !== undefined) await endOther(other, say);
  const { fault, version, seed } = flags;
  return startRehearsalProcess({ fault, version, seed }, (progress) => (progress.type === 'doing' ? say(`Local cloud: ${progress.doing} …`) : tellPage(progress.pageUrl, flags, say)), signal);
}

function tellPage(pageUrl: string, { json }: Flags, say: Say): void {
  if (json) console.log(JSON.stringify({ type: 'local-cloud', pageUrl }));
  say(`Watch it live: ${pageUrl}`);
}

async function endOther(other: Reached, say: Say): Promise<void> {
  const { attached, runId } = await other.status();
  if (attached > 0) throw new Error(`another rehearsal goes on in this directory (process ${other.handle.pid})`);
  say(`Ending the local cloud that still waited${runId === null ? '' : ` for run ${runId} to be continued`} …`);
  await other.stop();
}

async function goOn({ flags, say }: LocalOptions): Promise<Reached> {
  const reached = await findRehearsal();
  if (reached === undefined) throw new Error('no rehearsal waits in this directory');
  const { attached, broken } = await reached.status();
  tellPage(reached.handle.cloud.pageUrl, flags, say);
  if (attached > 0) throw new Error(`somebody else works with the rehearsal of this directory (process ${reached.handle.pid})`);
  if (flags.does === 'resume' && broken) {
    await reached.mend();
    say('Local cloud: the cause of the failure has been taken away.');
  }
  return reached;
}

function noRehearsal(error: unknown, signal: AbortSignal): NoRehearsal {
  if (signal.aborted) return { kind: 'Aborted', message: 'aborted while the local cloud started; it is gone again', remedy: 'Nothing was changed; call again.' };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'NoRehearsal', message, remedy: `Start one with ${thisScript()}, or end what there is with ${thisScript()} --stop.` };
}

async function stageOf(reached: Reached, { flags, signal, say }: LocalOptions): Promise<Stage> {
  const { header, cloud, runs } = reached.handle;
  const letGo = reached.attach();
  const { runId, fault, version } = await reached.status();
  if (flags.does === 'release') say(`If this process is killed, this continues the run:\n  ${thisScript()} --resume`);
  const times = stepTimes();
  process.env['MAINTENANCE_HEADER_NAME'] = header.name;
  process.env['MAINTENANCE_HEADER_SECRET'] = header.value;
  const conclusion = { reached, flags, signal, say, version, steps: times.steps, letGo };
  return {
    definition: graaspDev,
    connection: attachLocalCloud(cloud),
    runStore: fileRunStore(runs, { acknowledged: true }),
    checks: fault === 'verify' ? { 'rehearsed failure': () => brokenCheck(reached) } : {},
    commands: commandsFor(null),
    reporters: [times, { report: (event) => void (event.type === 'run-started' && event.runId !== null && reached.noteRun(event.runId).catch(() => undefined)) }],
    lastRun: runId,
    conclude: (result) => new ResultAsync(Promise.resolve(result).then((ended) => conclude(ended, conclusion))),
  };
}

/** Stands for whatever an operator checks before visitors are let in. */
function brokenCheck(reached: Reached): ResultAsync<string, { readonly message: string }> {
  return ResultAsync.fromPromise(reached.status(), (error) => ({ message: String(error) })).andThen(({ broken }) =>
    broken ? errAsync({ message: 'it fails until the run is resumed, as --fail verify wants it' }) : okAsync('the cause was taken away'),
  );
}
