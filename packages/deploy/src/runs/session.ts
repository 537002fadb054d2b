import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { isoTime } from '../clock.js';
import { type Environment, internals, type JsonValue } from '../environment/environment.js';
import type { InvalidInput, RunError } from '../errors.js';
import { reporting } from '../environment/reporting.js';
import type { DeployEventBody } from '../reports/events.js';
import { environmentRedactor } from '../reports/redact.js';
import { keepBaseline, readBaseline } from './baseline-keeper.js';
import { awaitLock } from './await-lock.js';
import { type Hold, refuseWhileHeld } from './hold.js';
import { type Journal, newRunId, readJournal } from './journal.js';
import { keepJournal, type StepList, withStep } from './journal-keeper.js';
import { libraryVersion } from './library-version.js';
import { endInfrastructureLock, takeInfrastructureLock } from './infrastructure-lock.js';
import { type HeldLock, holderOf, type LockClaim } from './lock.js';
import { runHandle, type RunParts } from './run-handle.js';
import { keyOf, type Stored } from './store-document.js';
import type { WayOn } from './next-actions.js';
import { readUsualSeconds } from './usual-seconds.js';

/** A run that goes on: it holds the lock, and journals. */
export interface Session extends RunParts {
  /** The run's own environment, outside any step. */
  readonly env: Environment;
  /** Whether a hold is this run's to lift or to replace. */
  supersedes(hold: Hold): boolean;
  /** How this run goes on from a hold; `again`: by calling its one step again. */
  readonly continuedBy: WayOn;
  /** It was suspended, and not interrupted: what its open step has done is in the journal. */
  readonly suspendedBefore: boolean;
  /** Ends every wait of the run, for a reason of its own. */
  readonly stop: AbortController;
  /** The environment given to a step. */
  envOf(list: StepList, step: string): Environment;
}

export interface SessionSpec {
  readonly recipe: string;
  readonly options: JsonValue;
  /** A hold stops it, unless it supersedes that. */
  readonly refusedByHold: boolean;
  /** Besides its own: holds that it lifts when it succeeds, and replaces when it fails. */
  readonly supersedes?: ((hold: Hold) => boolean) | undefined;
  /** default `resume` */
  readonly continuedBy?: Session['continuedBy'] | undefined;
}

/** Begins a run: refuses while the environment is held, takes the lock and that of the infrastructure code, opens the journal. */
export function beginSession(env: Environment, spec: SessionSpec): ResultAsync<Session, RunError> {
  const run = env[internals].suspension?.run ?? newRunId(env.clock);
  const supersedes = (hold: Hold) => hold.run === run || spec.supersedes?.(hold) === true;
  const refuse = (): ResultAsync<void, RunError> => (spec.refusedByHold ? refuseWhileHeld(env, supersedes) : okAsync(undefined));
  return safeTry(async function* () {
    yield* refuse();
    const claim = { run, recipe: spec.recipe, reason: reasonOf(spec.recipe, spec.options), continuedBy: spec.continuedBy ?? 'resume' };
    const lock = yield* awaitLock(env, claim);
    // asked again: the run that had the lock until now may have left a hold
    const allowed = refuse().andThen(() => refuseKnownRun(env, run)).andThen(() => takeInfrastructureLock(env, lock, claim));
    return releaseOnError(env, lock, allowed.andThen(() => openSession(env, { lock, supersedes, continuedBy: claim.continuedBy, suspendedBefore: false, journal: newJournal(env, run, spec), etag: null })));
  });
}

/** Time and chance make an identifier unique, unless they are the same again: those of a virtual clock that is started anew. */
function refuseKnownRun(env: Environment, run: string): ResultAsync<void, RunError> {
  const { runStore } = env[internals];
  return runStore.read(keyOf.journal(env.definition.name, run)).andThen((known) => (known === null ? okAsync(undefined) : errAsync(runKnown(run, runStore.name))));
}

function runKnown(run: string, store: string): InvalidInput {
  const problem = `runStore: expected one of this environment's own, but ${store} has a run ${run} already: of an environment whose clock began as this one's`;
  return { kind: 'InvalidInput', message: `${problem}. Nothing was changed.`, remedy: 'Begin with an empty store: what this one keeps is of a local cloud that is gone.', problems: [problem] };
}

/** Continues a run whose lock was taken over. */
export function continueSession(env: Environment, { lock, claim, takenOver, suspendedBefore, journal, changedOptions, supersedes, continuedBy }: ContinuedRun): ResultAsync<Session, RunError> {
  const attempt = { at: isoTime(env.clock), by: holderOf(env), ...(changedOptions === undefined ? {} : { changedOptions }) };
  // read again: a process that was still alive a moment ago may have gone on
  const newest = readJournal(env[internals].runStore, keyOf.journal(env.definition.name, journal.value.run)).map((found) => found ?? journal);
  const opened = takeInfrastructureLock(env, lock, claim).andThen(() => newest).andThen(({ value, etag }) => openSession(env, { lock, supersedes, continuedBy, suspendedBefore, journal: { ...value, attempts: suspendedBefore ? value.attempts : [...value.attempts, attempt], outcome: undefined }, etag }));
  if (!takenOver) return releaseOnError(env, lock, opened);
  // a dead run's lock is all that keeps others away from what it has left
  return opened.orElse((error) => {
    lock.abandon();
    return errAsync(error);
  });
}

export interface ContinuedRun {
  readonly lock: HeldLock;
  readonly claim: LockClaim;
  /** The lock was that of a dead process, not let go of beside a hold. */
  readonly takenOver: boolean;
  /** It was left for this execution to take over. */
  readonly suspendedBefore: boolean;
  readonly journal: Stored<Journal>;
  readonly changedOptions: JsonValue | undefined;
  readonly supersedes: (hold: Hold) => boolean;
  readonly continuedBy: Session['continuedBy'];
}

/** What a run is for, for people: `deployWithMigration of v1.54.8`. */
export function reasonOf(recipe: string, options: JsonValue): string {
  const version = typeof options === 'object' && options !== null && 'version' in options ? options.version : undefined;
  return typeof version === 'string' ? `${recipe} of ${version}` : recipe;
}

function newJournal(env: Environment, run: string, spec: SessionSpec): Journal {
  const at = isoTime(env.clock);
  return {
    format: 1,
    run,
    recipe: spec.recipe,
    environment: env.definition.name,
    library: libraryVersion,
    options: spec.options,
    startedAt: at,
    attempts: [{ at, by: holderOf(env) }],
    steps: [],
    putBack: [],
    expectations: { gate: null, desiredCounts: {}, suspendedScaling: {}, taskDefinitions: {} },
  };
}

interface Opening extends Pick<Session, 'continuedBy' | 'suspendedBefore'> {
  readonly lock: HeldLock;
  readonly supersedes: (hold: Hold) => boolean;
  readonly journal: Journal;
  /** Version of the stored journal; null before it is stored. */
  readonly etag: string | null;
}

function openSession(env: Environment, { lock, supersedes, continuedBy, suspendedBefore, journal, etag }: Opening): ResultAsync<Session, RunError> {
  return safeTry(async function* () {
    const usualSeconds = yield* readUsualSeconds(env);
    const found = yield* readBaseline(env);
    const keeper = keepJournal(env, lock, journal, etag);
    yield* keeper.enter((before) => before);
    return ok(newSession(env, { supersedes, continuedBy, suspendedBefore }, { lock, journal: keeper, baseline: keepBaseline(env, lock, found), usualSeconds }));
  });
}

function newSession(env: Environment, ways: Pick<Session, 'supersedes' | 'continuedBy' | 'suspendedBefore'>, parts: RunParts): Session {
  const { run } = parts.journal.journal;
  const stop = new AbortController();
  const { clock, definition } = env;
  const emit = reporting({ environment: definition.name, runId: run, clock, reporters: env[internals].reporters, redact: environmentRedactor(env) });
  const runEnv: Environment = { ...env, runId: run, emit, signal: AbortSignal.any([env.signal, stop.signal]) };
  return {
    ...parts,
    ...ways,
    env: runEnv,
    stop,
    envOf: (list, step) => ({
      ...runEnv,
      emit: (event) => {
        noteWait(parts, list, step, event, isoTime(env.clock));
        emit(event);
      },
      [internals]: { ...env[internals], run: runHandle(parts, list, step) },
    }),
  };
}

function noteWait({ journal }: RunParts, list: StepList, step: string, event: DeployEventBody, endedAt: string): void {
  if (event.type !== 'wait-ended') return;
  const { waitingFor, seconds } = event;
  journal.note(withStep(list, step, (entry) => ({ ...entry, waits: [...entry.waits, { waitingFor, seconds, endedAt }] })));
}

function releaseOnError<T, E>(env: Environment, lock: HeldLock, opening: ResultAsync<T, E>): ResultAsync<T, E> {
  return opening.orElse((error) =>
    endInfrastructureLock(env, lock)
      .andThen(() => lock.release())
      .orElse(() => okAsync(undefined))
      .andThen(() => errAsync(error)),
  );
}
