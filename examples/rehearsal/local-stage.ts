import { errAsync, fileRunStore, okAsync, ResultAsync, type RunStore } from '@graasp/deploy';
import { attachLocalCloud } from '@graasp/local-cloud';
import { graaspDev } from '../environments/graasp-definition.js';
import { commandsFor, thisScript } from './commands.js';
import { conclude } from './conclude.js';
import { doneBy } from './ended.js';
import type { Flags } from './flags.js';
import { findRehearsal, type Reached, startRehearsalProcess } from './reach-rehearsal.js';
import { SCALE } from './scale.js';
import type { Stage } from './stage.js';
import { stepTimes } from './step-times.js';
import { wrapped } from './wrapped.js';

/** The rehearsal cannot begin, or not go on, as things are on this machine. */
export interface NoRehearsal {
  /** `InUse`: by another process; `NotFound`: none waits in this directory; `NotStarted`: its local cloud did not come up. */
  readonly kind: 'InUse' | 'NotFound' | 'NotStarted' | 'Aborted';
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
  if (other !== undefined) await endOther(other, flags, say);
  const { fault, version, seed } = flags;
  return startRehearsalProcess({ fault, version, seed }, (progress) => (progress.type === 'doing' ? say(`Local cloud: ${progress.doing} …`) : tellPage(progress.pageUrl, flags, say)), signal);
}

function tellPage(pageUrl: string, { json }: Flags, say: Say): void {
  if (json) console.log(JSON.stringify({ type: 'local-cloud', pageUrl }));
  say(`Watch it live: ${pageUrl}`);
  say(`Times and durations are the local cloud's: ${SCALE} times as fast as here.`);
}

async function endOther(other: Reached, { json }: Flags, say: Say): Promise<void> {
  const { attached, runId } = await other.status();
  refuseWhileUsed(attached);
  if (json) console.log(JSON.stringify({ type: 'local-cloud-ended', waitedForRun: runId }));
  sayWrapped(say, `Ending the local cloud of this directory, which still waited${runId === null ? '' : ` for run ${runId} to be continued`}; called from another directory, this leaves it alone …`);
  await other.stop();
}

async function goOn({ flags, say }: LocalOptions): Promise<Reached> {
  const reached = await findRehearsal();
  if (reached === undefined) throw new Refusal(nothingWaits);
  const { attached, held, runId, broken, fault } = await reached.status();
  tellPage(reached.handle.cloud.pageUrl, flags, say);
  refuseWhileUsed(attached);
  const goesOn = flags.does === 'resume' && held !== null && held === (flags.run ?? runId);
  // the task of a failed migration stays failed: only another one can use what was mended
  if (goesOn && broken && fault === 'migration' && !flags.retryMigration) sayWrapped(say, 'Local cloud: --resume alone does not run the migration again: its task has failed, and is only read again. --retry-migration runs another one.');
  // what is broken is the new version
  if (flags.does === 'roll-back' && broken) await reached.mend();
  if (goesOn && broken && (fault !== 'migration' || flags.retryMigration)) sayWrapped(say, `Local cloud: the cause of the failure has been taken away: ${await reached.mend()}.`);
  return reached;
}

function sayWrapped(say: Say, text: string): void {
  say(wrapped(text, '  ').join('\n'));
}

/** Thrown before anything was begun. */
class Refusal extends Error {
  readonly refused: NoRehearsal;
  constructor(refused: NoRehearsal) {
    super(refused.message);
    this.refused = refused;
  }
}

const nothingWaits: NoRehearsal = {
  kind: 'NotFound',
  message: 'no local cloud waits in this directory',
  remedy: `One waits for 10 minutes after a release that failed or was killed. Start a release: ${thisScript()}`,
};

/** What somebody else is at is theirs to end. */
function refuseWhileUsed(attached: readonly number[]): void {
  if (attached.length > 0) throw new Refusal(inUse(attached));
}

export function inUse(attached: readonly number[]): NoRehearsal {
  return {
    kind: 'InUse',
    message: `process ${attached.join(' and ')} works with the local cloud of this directory`,
    remedy: 'Wait until it has ended (Ctrl-C where it runs ends it, and its local cloud), or call this from another directory.',
  };
}

function noRehearsal(error: unknown, signal: AbortSignal): NoRehearsal {
  if (signal.aborted) return { kind: 'Aborted', message: 'aborted while the local cloud started; it is gone again', remedy: 'Nothing was changed; call again.' };
  if (error instanceof Refusal) return error.refused;
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'NotStarted', message, remedy: 'Nothing was changed. Mend what it says, and call again.' };
}

async function stageOf(reached: Reached, { flags, signal, say }: LocalOptions): Promise<Stage> {
  const { header, cloud, runs } = reached.handle;
  const letGo = reached.attach();
  const { runId, fault, version } = await reached.status();
  if (flags.does === 'release') say(`If this process is killed (kill -9), this continues the run:\n  ${thisScript()} --resume\nCtrl-C ends the local cloud, and with it all that is in it.`);
  const times = stepTimes();
  process.env['MAINTENANCE_HEADER_NAME'] = header.name;
  process.env['MAINTENANCE_HEADER_SECRET'] = header.value;
  const runStore = fileRunStore(runs, { acknowledged: true });
  const recipe = flags.does === 'resume' ? await recipeOf(runStore, flags.run ?? runId ?? '') : undefined;
  const conclusion = { reached, flags, does: doneBy(flags, recipe), signal, say, version, steps: times.steps, letGo };
  return {
    definition: graaspDev,
    connection: attachLocalCloud(cloud),
    runStore,
    checks: fault === 'verify' ? { 'rehearsed failure': () => brokenCheck(reached) } : {},
    commands: commandsFor(null),
    reporters: [times, { report: (event) => void (event.type === 'run-started' && event.runId !== null && reached.noteRun(event.runId).catch(() => undefined)) }],
    lastRun: runId,
    conclude: (result) => new ResultAsync(Promise.resolve(result).then((ended) => conclude(ended, conclusion))),
  };
}

/** Asked before anything is connected; undefined where there is no such run. */
function recipeOf(runStore: RunStore, run: string): Promise<string | undefined> {
  return runStore.read(`${graaspDev.name}/runs/${run}`).map((journal) => (JSON.parse(journal?.body ?? '{}') as { readonly recipe?: string }).recipe).unwrapOr(undefined);
}

/** Stands for whatever an operator checks before visitors are let in. */
function brokenCheck(reached: Reached): ResultAsync<string, { readonly message: string }> {
  return ResultAsync.fromPromise(reached.status(), (error) => ({ message: String(error) })).andThen(({ broken }) =>
    broken ? errAsync({ message: 'it fails until the run is resumed, as --fail verify wants it' }) : okAsync('the cause was taken away'),
  );
}
