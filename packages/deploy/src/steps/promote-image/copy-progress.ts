import { steadyNow } from '../../clock.js';
import { type Environment, internals } from '../../environment/environment.js';

/** Tells how far copying is, in bytes; not more often than people can read. */
export interface CopyProgress {
  bytes(more: number): void;
  blobDone(): void;
  end(): void;
  /** What was told last. */
  seen(): string;
  /** Bytes that have gone. */
  copied(): number;
}

const waitingFor = 'the images to be copied';
const shortestMs = 1000;

export function startCopyProgress(env: Environment, { blobs, bytes: total, timeoutSeconds }: { readonly blobs: number; readonly bytes: number; readonly timeoutSeconds: number }): CopyProgress {
  const startedAt = steadyNow(env.clock);
  const usualSeconds = env[internals].run?.usualSeconds(waitingFor);
  let [gone, done, toldAt] = [0, 0, Number.NEGATIVE_INFINITY];
  const seen = (): string => `${inUnits(gone, total)}, ${done} of ${blobs} blobs`;
  const tell = (): void => {
    toldAt = steadyNow(env.clock);
    env.emit({ type: 'waiting', waitingFor, seen: seen(), progress: total === 0 ? 1 : Math.min(1, Math.max(0, gone / total)), timeoutSeconds, ...(usualSeconds === undefined ? {} : { usualSeconds }) });
  };
  tell();
  return {
    bytes(more) {
      gone += more;
      if (steadyNow(env.clock) - toldAt >= shortestMs) tell();
    },
    blobDone() {
      done += 1;
      if (done === blobs || steadyNow(env.clock) - toldAt >= shortestMs) tell();
    },
    end: () => env.emit({ type: 'wait-ended', waitingFor, seconds: (steadyNow(env.clock) - startedAt) / 1000 }),
    seen,
    copied: () => gone,
  };
}

const units = [
  [1_000_000_000, 'GB'],
  [1_000_000, 'MB'],
  [1000, 'kB'],
] as const;

/** `12.3 of 52.4 MB` */
function inUnits(bytes: number, total: number): string {
  const [size, unit] = unitOf(total);
  return `${(bytes / size).toFixed(1)} of ${(total / size).toFixed(1)} ${unit}`;
}

function unitOf(bytes: number): readonly [number, string] {
  return units.find(([size]) => bytes >= size) ?? [1000, 'kB'];
}

/** `52.4 MB` */
export function bytesText(bytes: number): string {
  const [size, unit] = unitOf(bytes);
  return `${(bytes / size).toFixed(1)} ${unit}`;
}
