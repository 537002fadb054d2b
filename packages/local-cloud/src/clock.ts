import { createTimers, type Timer } from './timers.js';

/**
 * Time and chance of a local cloud. Everything that lasts asks this clock, so that a release can be rehearsed
 * in real time, sixty times faster, or in virtual time where nothing ever sleeps.
 */
export interface Clock {
  /** Milliseconds since the epoch, as the cloud sees it. */
  now(): number;
  /** Resolves after `ms` milliseconds of this clock; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1), from the seed. */
  random(): number;
  /** As if somebody slept until the returned function is called: virtual time passes meanwhile. Absent where time passes by itself. */
  letPass?(): () => void;
}

export interface ScaledClockOptions {
  /** How many times as fast as real time. */
  readonly scale: number;
  /** Milliseconds since the epoch; default now. */
  readonly startAt?: number | undefined;
  readonly seed?: number | undefined;
}

export interface VirtualClockOptions {
  /** Milliseconds since the epoch. */
  readonly startAt: number;
  readonly seed?: number | undefined;
}

export interface PacedClockOptions extends VirtualClockOptions {
  /** As `PacedClock.setScale` takes it. */
  readonly scale: number;
}

/** A clock in which time passes only when nothing else can run, and then at once. */
export interface VirtualClock extends Clock {
  /** Sleeps that have not ended. */
  readonly pending: number;
  /**
   * The same time and chance for work that goes on by itself: its sleeps end in their turn, but do not make time pass.
   * While nobody else sleeps, time stands still: a caller that reads a file meets the same moment afterwards,
   * and an idle cloud uses no processor.
   */
  readonly background: Clock;
}

/** Virtual time for who watches: what happens is the same at every speed, and a machine that is too slow makes it pass more slowly. */
export interface PacedClock extends VirtualClock {
  /** From now on time passes at most so many times as fast as the machine's; 0: it stands still; Infinity: as fast as what happens in it can follow. */
  setScale(scale: number): void;
}

/** The machine's time. Chance comes from the seed. */
export function realClock({ seed = 1 }: { readonly seed?: number | undefined } = {}): Clock {
  return { now: () => Date.now(), sleep: (ms, signal) => realSleep(ms, signal), random: seededRandom(seed) };
}

/** The machine's time to a fraction of a millisecond: milliseconds since the epoch, the same in every process. */
export function machineTime(): number {
  return performance.timeOrigin + performance.now();
}

/** Time that runs `scale` times as fast as the machine's. */
export function scaledClock({ scale, startAt, seed = 1 }: ScaledClockOptions): Clock {
  const origin = performance.now();
  const epoch = startAt ?? Date.now();
  return {
    now: () => Math.floor(epoch + (performance.now() - origin) * scale),
    sleep: (ms, signal) => realSleep(ms / scale, signal),
    random: seededRandom(seed),
  };
}

/** Sleeps in a heap; the earliest ends once the event loop has had two turns with nothing to do, those of one moment in the order in which they began. */
export function virtualClock(options: VirtualClockOptions): VirtualClock {
  return clockOfTimers(options, { allows: () => true, untilAllowed: () => Promise.resolve() });
}

/** A virtual clock whose sleeps end no earlier than the pace allows. */
export function pacedClock({ scale, ...options }: PacedClockOptions): PacedClock {
  const pace = machinePace(scale);
  return Object.assign(clockOfTimers(options, pace), { setScale: pace.setScale });
}

/** How fast virtual time may pass. */
interface Pace {
  /** Whether it may come to `due` now; if so, it has. */
  allows(from: number, due: number): boolean;
  /** Resolves when it may, or has to be asked again. */
  untilAllowed(from: number, due: number): Promise<void>;
  /** A sleep has begun, perhaps one that ends before the one that is waited for. */
  disturb?(): void;
}

/** What a machine was late by is caught up with, but not more: time does not leap after a machine that was busy or asleep. */
const caughtUpMs = 50;

function machinePace(wanted: number): Pace & Pick<PacedClock, 'setScale'> {
  let scale = wanted;
  /** By the machine, when time came to where it is. */
  let reached = performance.now();
  let wake: () => void = () => undefined;
  const leftMs = (from: number, due: number): number => (due <= from ? 0 : scale === 0 ? Infinity : (due - from) / scale - (performance.now() - reached));
  return {
    allows(from, due) {
      const left = leftMs(from, due);
      if (left > 0) return false;
      reached = performance.now() + Math.max(left, -caughtUpMs);
      return true;
    },
    async untilAllowed(from, due) {
      const woken = new AbortController();
      wake = () => woken.abort(new Error('woken'));
      await realSleep(leftMs(from, due), woken.signal).catch(() => undefined);
    },
    disturb: () => wake(),
    setScale(changed) {
      // what has passed of the way to the next sleep's end is walked at the new pace again: less than that one sleep
      scale = changed;
      reached = performance.now();
      wake();
    },
  };
}

function clockOfTimers({ startAt, seed = 1 }: VirtualClockOptions, pace: Pace): VirtualClock {
  const timers = createTimers();
  const random = seededRandom(seed);
  let now = startAt;
  let driving = 0;
  let started = 0;
  let pumping = false;

  const pump = async (): Promise<void> => {
    pumping = true;
    for (;;) {
      await idleTurn();
      await idleTurn();
      const due = driving > 0 ? timers.earliestDue() : undefined;
      if (due === undefined) break;
      if (!pace.allows(now, due)) {
        await pace.untilAllowed(now, due);
        continue;
      }
      now = Math.max(now, due);
      timers.takeEarliest()?.end();
    }
    pumping = false;
  };

  const sleep = (ms: number, signal: AbortSignal | undefined, drives: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      const forget = (): void => {
        if (drives) driving -= 1;
        signal?.removeEventListener('abort', onAbort);
      };
      const timer: Timer = {
        due: now + Math.max(0, ms),
        order: (started += 1),
        end: () => (forget(), resolve()),
      };
      const onAbort = (): void => {
        timers.remove(timer);
        forget();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      timers.add(timer);
      pace.disturb?.();
      if (drives) driving += 1;
      if (!pumping) void pump();
    });

  const letPass = (): (() => void) => {
    driving += 1;
    if (!pumping) void pump();
    return () => void (driving -= 1);
  };

  return {
    now: () => now,
    sleep: (ms, signal) => sleep(ms, signal, true),
    random,
    letPass,
    background: { now: () => now, sleep: (ms, signal) => sleep(ms, signal, false), random },
    get pending() {
      return timers.size();
    },
  };
}

/** Waits as one who sleeps: virtual time passes meanwhile, which work of the background alone does not make it do. */
export async function whileTimePasses<T>(clock: Clock, work: Promise<T>): Promise<T> {
  const end = clock.letPass?.();
  try {
    return await work;
  } finally {
    end?.();
  }
}

/** mulberry32: small, fast and good enough for durations and chances. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The longest that timers of JavaScript can wait. */
const longestTimeout = 2 ** 31 - 1;

async function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = Math.max(0, ms); ; left -= longestTimeout) {
    await realTimeout(Math.min(left, longestTimeout), signal);
    if (left <= longestTimeout) return;
  }
}

function realTimeout(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Resolves after the event loop has run what was ready, and before it waits. */
const idleTurn: () => Promise<void> = typeof setImmediate === 'function' ? () => new Promise((resolve) => void setImmediate(resolve)) : messageTurn();

function messageTurn(): () => Promise<void> {
  if (typeof MessageChannel !== 'function') return () => new Promise((resolve) => void setTimeout(resolve, 0));
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(undefined);
    });
}
