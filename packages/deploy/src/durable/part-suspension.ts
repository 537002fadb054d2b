import { steadyNow } from '../clock.js';
import { type Environment, internals, type RunHandle } from '../environment/environment.js';
import type { SuspendedAt, SuspendedWait, Suspension } from '../runs/suspension.js';
import type { Telling } from './telling.js';

export interface Part {
  readonly run: string;
  readonly execution: string;
  /** From 1. */
  readonly number: number;
  /** Where the part before ended. */
  readonly at: SuspendedAt | null;
  /** For how much longer this invocation may last, in milliseconds. */
  readonly remainingMs: number;
  readonly telling: Telling;
}

export interface PartSuspension extends Suspension {
  /** Resolves when the run is suspended: nothing else of it comes to an end then. */
  readonly suspended: Promise<SuspendedAt>;
}

/** Shorter waits are over before an invocation has ended and another begun. */
const secondsBeforeFirst = 20;
const shortestSeconds = 15;
/** Each part and the wait after it are an operation each, of 3,000: so many last for 52 hours of waits of 15 s, because they become longer. */
const partsUntilTwiceAsLong = 250;
const mostParts = 1_400;
/** What a step may need to come to its next pause. An invocation that ends before is one that crashed: the next goes on once its lock has expired. */
const reserveMs = 90_000;

/** By which one part of a run comes to its end in the middle of a wait. */
export function partSuspension(env: Environment, part: Part): PartSuspension {
  const open = new Map<string, SuspendedWait>();
  const left = new Map(part.at?.waits.map((wait) => [wait.waitingFor, wait]));
  const endsAt = steadyNow(env.clock) + part.remainingMs - reserveMs;
  /** The run is being left; resolves if that came to nothing. */
  let leaving: Promise<void> | null = null;
  let suspend: (at: SuspendedAt) => void = () => undefined;
  const suspended = new Promise<SuspendedAt>((resolve) => (suspend = resolve));

  const isDue = ({ clock }: Environment, waitingFor: string, suspendable: boolean): boolean => {
    const since = open.get(waitingFor)?.since ?? clock.now();
    return part.number < mostParts && ((suspendable && clock.now() - since >= secondsBeforeFirst * 1000) || steadyNow(clock) >= endsAt);
  };
  const leave = async (run: RunHandle, ms: number): Promise<void> => {
    const seconds = Math.max(shortestSeconds, Math.ceil(ms / 1000)) * 2 ** Math.floor(part.number / partsUntilTwiceAsLong);
    const left = await run.suspend(part.execution, seconds);
    if (left.isOk()) {
      suspend({ step: run.step, waits: [...open.values()], told: part.telling.told(), seconds });
      return never();
    }
    // the next change finds out that the lock is lost, and ends the run
    leaving = null;
  };
  return {
    run: part.run,
    execution: part.execution,
    at: part.at,
    suspended,
    begin({ [internals]: { run } }, wait) {
      const earlier = run !== null && run.step === part.at?.step ? left.get(wait.waitingFor) : undefined;
      // the next wait of that name is another one
      left.delete(wait.waitingFor);
      open.set(wait.waitingFor, earlier ?? wait);
      return earlier ?? wait;
    },
    see(waitingFor, seen) {
      const wait = open.get(waitingFor);
      if (wait !== undefined) open.set(waitingFor, { ...wait, ...seen });
    },
    end: (waitingFor) => void open.delete(waitingFor),
    pause(waiting, { waitingFor, ms, suspendable }) {
      const { run } = waiting[internals];
      // what is put back is put back in one go
      if (leaving === null && run !== null && !run.puttingBack && isDue(waiting, waitingFor, suspendable)) leaving = leave(run, ms);
      return this.wakeUp();
    },
    wakeUp: () => leaving ?? Promise.resolve(),
  };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
