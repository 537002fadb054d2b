/** A release against a cloud in this very page: no server, no socket. It brings both packages with it, so it is loaded when somebody wants it. */
import { connect, type Environment, type Failure, memoryRunStore, type NextAction, type Reporter, type Result, ResultAsync } from '@graasp/deploy';
import { type LocalCloud, type PacedClock, pacedClock, startLocalCloud } from '@graasp/local-cloud';
import { crashed, endingOf, failed, hasBegun, releaseOf, type Work, workOf } from './carry-out';
import { commands, readCommand } from './commands';
import { causesOf, type FaultName, faults } from './faults';
import { type Laptop, openLaptop } from './laptop';
import { withFailure, withLines } from './log';
import type { Ending, Look, Proof } from './look';
import { sceneOf, type VersionOf } from './scene';
import { blueprint, definition, images, operatorSecret, versions } from './shop';
import { afterLaptop, nothingTold, told } from './telling';
import { gatherVisitors, type Visitors } from './visitors';

export interface Rehearsal {
  /** What is to be seen now. */
  look(): Look;
  /** Calls `listener` whenever something has happened, until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** The release from its beginning. As any other action it does nothing while something runs. */
  release(): void;
  /** Makes the call that the command of a next action spells. */
  act(action: NextAction): void;
  /** Ends whatever runs without a word. */
  closeLaptop(): void;
  setFault(name: FaultName, on: boolean): void;
  /** How many times as fast as the reader's time passes; 0: not at all; Infinity: as fast as it can. */
  setSpeed(speed: number): void;
  stop(): Promise<void>;
}

export interface RehearsalOptions {
  readonly speed: number;
  readonly faults: readonly FaultName[];
}

const startAt = Date.UTC(2026, 10, 23, 8);
/** How long visitors come before the release begins, and once something has ended; then time stands still. Milliseconds of the cloud's time. */
const visitedMs = { before: 20_000, after: 60_000 };

/** Rejects when the cloud does not come up. */
export async function openRehearsal({ speed, faults: chosen }: RehearsalOptions): Promise<Rehearsal> {
  const clock = pacedClock({ scale: Infinity, startAt });
  const on = new Set(chosen);
  const declared = images(() => on.has('migration'));
  const cloud = await startLocalCloud({ blueprint, images: declared, clock });
  const versionByDigest = new Map(declared.map((image) => [cloud.pushImage(image).digest, /-(v.+)$/.exec(image.reference)?.[1] ?? null]));
  clock.setScale(speed);
  return rehearsalOn({ cloud, clock, on, versionOf: (digest) => versionByDigest.get(digest ?? '') ?? null });
}

interface Stage {
  readonly cloud: LocalCloud;
  readonly clock: PacedClock;
  readonly on: Set<FaultName>;
  readonly versionOf: VersionOf;
}

function rehearsalOn({ cloud, clock, on, versionOf }: Stage): Rehearsal {
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  const visitors = gatherVisitors(cloud.connection, tell);
  const runStore = memoryRunStore();
  const openedAt = clock.now();
  let heard = nothingTold;
  let laptop: Laptop | null = null;
  let busy: string | null = null;
  let ending: Ending | null = null;
  /** What next actions go on from: what was refused since, before it began, is not it. */
  let lastFailure: Failure | null = null;
  let begun = 0;

  const reporter: Reporter = { report: (event) => ((heard = told(heard, event)), tell()) };

  const perform = async (what: string, work: Work): Promise<void> => {
    if (busy !== null) return;
    const own = (begun += 1);
    const before = ending?.nextActions ?? [];
    [busy, ending, heard] = [what, null, { ...heard, run: null, resumedBy: null }];
    laptop = openLaptop(cloud.connection, runStore);
    visitors.come();
    tell();
    const called = endOf(laptop, reporter, what, work, before).catch((thrown: unknown) => crashed(what, thrown, afterLaptop(heard, before)));
    const outcome = await Promise.race([called, laptop.closed.then(() => afterLaptop(heard, before))]);
    [busy, ending, laptop] = [null, outcome, null];
    lastFailure = failureAfter(outcome, lastFailure);
    heard = { ...heard, log: lastWords(heard.log, outcome, clock.now()), stepSpans: heard.stepSpans.map((span) => ({ ...span, to: span.to ?? clock.now() })) };
    tell();
    await clock.sleep(visitedMs.after);
    if (own === begun) visitors.goHome();
    tell();
  };

  const applyFaults = (): void => {
    cloud.faults.clear();
    for (const { tells } of faults.filter(({ name }) => on.has(name))) tells.forEach((fault) => cloud.faults.add(fault));
  };
  applyFaults();

  return {
    look: () => ({ at: clock.now(), openedAt, busy, peopleCome: visitors.areThere, ending, run: heard.run, log: heard.log, stepSpans: heard.stepSpans, lanes: visitors.lanes, scene: sceneOf(cloud.inspect, versionOf), faults: [...on], causes: causesOf(lastFailure, on), proof: proofOf(cloud, visitors) }),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    release: () => void perform('deployWithMigration', (env) => visited(env).andThen(() => releaseOf(versions.new)(env))),
    act(action) {
      const command = readCommand(action.command);
      if (command !== undefined) void perform(command.name, workOf(command, (run) => heard.recipes[run] ?? ''));
    },
    closeLaptop: () => laptop?.close(),
    setFault(name, wanted) {
      if (wanted) on.add(name);
      else on.delete(name);
      applyFaults();
      tell();
    },
    setSpeed: (speed) => clock.setScale(speed),
    async stop() {
      begun += 1;
      laptop?.close();
      visitors.goHome();
      await cloud.stop();
    },
  };
}

/** A call of its own, as a script makes it: it connects anew. */
async function endOf(laptop: Laptop, reporter: Reporter, what: string, work: Work, before: readonly NextAction[]): Promise<Ending> {
  const connecting = async () => connect(definition, { ...laptop.connection, reporters: [reporter], commands });
  const connected: Result<Environment, Failure> | void = await withSecret(() => Promise.race([connecting(), laptop.closed]));
  // nobody hears how a closed laptop's call would have ended
  if (connected === undefined) return new Promise(() => undefined);
  if (connected.isErr()) return failed(what, connected.error, before);
  return endingOf(connected.value, what, await work(connected.value), before);
}

/** Definitions name secrets by their environment variable, of which a page has none: for as long as it takes to connect there is this one. */
async function withSecret<T>(act: () => Promise<T>): Promise<T> {
  const { variable, value } = operatorSecret;
  const page = globalThis as { process?: { env: Record<string, string | undefined> } };
  const own = page.process === undefined;
  page.process ??= { env: {} };
  page.process.env[variable] = value;
  try {
    return await act();
  } finally {
    if (own) delete page.process;
    else delete page.process.env[variable];
  }
}

/** So that the old version is seen at work first. */
function visited({ clock }: Environment): ResultAsync<void, never> {
  return ResultAsync.fromSafePromise(clock.sleep(visitedMs.before));
}

function failureAfter(ending: Ending, before: Failure | null): Failure | null {
  if (ending.kind === 'succeeded') return null;
  return ending.kind === 'failed' && hasBegun(ending.situation) ? ending.failure : before;
}

function lastWords(log: Look['log'], ending: Ending, at: number): Look['log'] {
  if (ending.kind === 'failed') return withFailure(log, ending.failure);
  return ending.kind === 'laptop-closed' ? withLines(log, ['The laptop was closed. Nobody is left to tell what happens.'], at, 'warning') : log;
}

function proofOf({ inspect, requests }: LocalCloud, { lanes }: Visitors): Proof {
  const outside = lanes.filter(({ name }) => name !== 'operator').flatMap(({ spans }) => spans);
  const closed = lanes.filter(({ name }) => name === 'visitors').flatMap(({ spans }) => spans.filter(({ answer }) => answer === 'maintenance'));
  const sum = (spans: typeof outside) => spans.reduce((total, { requests }) => total + requests, 0);
  return {
    visits: sum(outside),
    failed: sum(outside.filter(({ answer }) => answer === 'error')),
    violations: inspect.violations.length,
    calls: requests.length,
    throttled: requests.filter(({ error }) => error?.startsWith('Throttling') === true).length,
    closedSeconds: closed.reduce((total, { from, to }) => total + (to - from) / 1000, 0),
  };
}
