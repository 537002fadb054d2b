import { rm } from 'node:fs/promises';

import type { Clock } from '../clock.js';
import type { Hosts } from './host.js';
import { createRealContainers } from './real-containers.js';
import { createRealDatabases } from './real-databases.js';
import { createRealFront } from './real-front.js';
import { startReaper } from './reaper.js';
import { createSocketFetch } from './socket-fetch.js';
import { makeWorkDirectory, nameWorkDirectory } from './work-directory.js';

export interface RealHostsOptions {
  /** Tells the cloud's time of a snapshot. Waits for processes and sockets are in wall-clock time, whatever this clock says. */
  readonly clock: Clock;
  /** Given what the hosts have to say about themselves, line by line. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface RealHosts extends Hosts {
  readonly kind: 'real';
  /** Everything that the hosts write is in it. */
  readonly directory: string;
  /**
   * A `fetch` for `LocalCloud.connection`: `portOf` says behind which local port a URL is served (by its host, protocol and
   * port); every other host is a `TypeError: fetch failed`. Nothing but 127.0.0.1 is ever contacted.
   */
  createFetch(portOf: (url: URL) => number | undefined): typeof fetch;
}

/**
 * Real processes, a real PostgreSQL and real sockets, in one temporary directory. They end with `dispose()`, and also when
 * this process dies of SIGKILL: a watchdog process sees its pipe close and cleans up. Linux and macOS, as root or not.
 * Rejects where no process can be started.
 */
export async function createRealHosts({ clock, log = () => undefined }: RealHostsOptions): Promise<RealHosts> {
  const directory = await nameWorkDirectory();
  const reaper = await startReaper(directory);
  await makeWorkDirectory(directory);
  const containers = createRealContainers(reaper);
  const databases = createRealDatabases({ directory, clock, reaper });
  const front = createRealFront();

  const end = async (): Promise<void> => {
    await Promise.all([front.dispose(), containers.dispose(), databases.dispose()]);
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  let ended: Promise<void> | undefined;
  return {
    kind: 'real',
    directory,
    containers,
    databases,
    front,
    createFetch: createSocketFetch,
    // What fails here is left to the watchdog, which comes last.
    dispose: () => (ended ??= end().catch((error: unknown) => log(`Ending the hosts failed: ${String(error)}`)).then(() => reaper.dispose())),
  };
}
