import type { Clock } from '../clock.js';
import type { Hosts } from './host.js';

export interface RealHostsOptions {
  /** Tells the cloud's time of a snapshot. Waits for processes and sockets are in wall-clock time, whatever this clock says. */
  readonly clock: Clock;
  /** Given what the hosts have to say about themselves, line by line. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface RealHosts extends Hosts {
  readonly kind: 'real';
  /**
   * A `fetch` for `LocalCloud.connection`: `portOf` says behind which local port a URL is served (by its host, protocol and
   * port); every other host is a `TypeError: fetch failed`. Nothing but 127.0.0.1 is ever contacted.
   */
  createFetch(portOf: (url: URL) => number | undefined): typeof fetch;
}

/**
 * Real processes, a real PostgreSQL and real sockets, in one temporary directory. They end with `dispose()`, and also when
 * this process dies of SIGKILL: a watchdog process sees its pipe close and cleans up.
 */
export async function createRealHosts(options: RealHostsOptions): Promise<RealHosts> {
  throw new Error(`Real hosts are being written (${options.clock.now()}).`);
}
