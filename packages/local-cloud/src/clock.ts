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
export function virtualClock({ startAt, seed = 1 }: VirtualClockOptions): VirtualClock {
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
      const next = driving > 0 ? timers.takeEarliest() : undefined;
      if (next === undefined) break;
      now = Math.max(now, next.due);
      next.end();
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

interface Timer {
  readonly due: number;
  readonly order: number;
  end(): void;
}

/** A binary heap by due time, then by order. Sleeps without an end are counted but never taken. */
function createTimers(): { add(timer: Timer): void; remove(timer: Timer): void; takeEarliest(): Timer | undefined; size(): number } {
  const heap: Timer[] = [];
  const endless = new Set<Timer>();
  const removed = new Set<Timer>();

  const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);
  const at = (index: number): Timer => heap[index] as Timer;
  const swap = (a: number, b: number): void => {
    const timer = at(a);
    heap[a] = at(b);
    heap[b] = timer;
  };
  const rise = (from: number): void => {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (!before(at(index), at(parent))) return;
      swap(index, parent);
      index = parent;
    }
  };
  const sink = (): void => {
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let first = index;
      if (left < heap.length && before(at(left), at(first))) first = left;
      if (right < heap.length && before(at(right), at(first))) first = right;
      if (first === index) return;
      swap(index, first);
      index = first;
    }
  };
  const take = (): Timer | undefined => {
    const [first, last] = [heap[0], heap.pop()];
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      sink();
    }
    return first;
  };

  return {
    add(timer) {
      if (timer.due === Number.POSITIVE_INFINITY) return void endless.add(timer);
      heap.push(timer);
      rise(heap.length - 1);
    },
    remove(timer) {
      if (!endless.delete(timer)) removed.add(timer);
    },
    takeEarliest() {
      for (let timer = take(); timer !== undefined; timer = take()) {
        if (!removed.delete(timer)) return timer;
      }
      return undefined;
    },
    size: () => heap.length - removed.size + endless.size,
  };
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
