import { type Clock, realClock, scaledClock, type VirtualClock, virtualClock } from './clock.js';
import type { LocalCloudOptions } from './local-cloud.js';

/** 2026-11-23T08:00:00Z */
const defaultStart = Date.UTC(2026, 10, 23, 8);

export interface CloudClocks {
  /** For callers: their sleeps make virtual time pass. */
  readonly foreground: Clock;
  /** For what goes on by itself. */
  readonly background: Clock;
}

export function cloudClocks({ clock, hosts = 'model', scale = 60, seed = 1, startAt = defaultStart }: LocalCloudOptions): CloudClocks {
  const wanted = clock ?? (hosts === 'real' ? 'scaled' : 'virtual');
  const foreground = typeof wanted !== 'string' ? wanted : wanted === 'virtual' ? virtualClock({ startAt, seed }) : wanted === 'scaled' ? scaledClock({ scale, seed }) : realClock({ seed });
  return { foreground, background: isVirtual(foreground) ? foreground.background : foreground };
}

function isVirtual(clock: Clock): clock is VirtualClock {
  return 'background' in clock;
}
