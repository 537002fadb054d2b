import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

import { reaperProgram } from './reaper-program.js';

/** Remembers what must not outlive this process, however it dies. */
export interface Reaper {
  readonly pid: number;
  /** Registers a process: the leader of a process group, or a PostgreSQL server. */
  watch(kind: 'group' | 'postmaster', pid: number): void;
  /** The process has ended. */
  forget(pid: number): void;
  /** Ends the watchdog; what is still registered is killed, and the directory removed. */
  dispose(): Promise<void>;
}

/**
 * Starts a watchdog process that holds the other end of a pipe. The pipe closes when this process ends, even of SIGKILL,
 * and only then does the watchdog act. `directory` need not exist yet, so that nothing can be left of it. It is in a process group of its own: Ctrl-C in a terminal does not reach it.
 */
export async function startReaper(directory: string): Promise<Reaper> {
  const child = spawn(process.execPath, ['-e', reaperProgram, directory], {
    cwd: '/',
    detached: true,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const pipe = child.stdin as Socket;
  // Without the watchdog a crash leaves things behind, but an ordinary end does not: its death is no reason to fail.
  pipe.on('error', () => undefined);
  child.on('error', () => undefined);
  const ended = once(child, 'exit');
  child.unref();
  pipe.unref();

  return {
    pid: child.pid as number,
    watch: (kind, pid) => void pipe.write(`${kind} ${pid}\n`),
    forget: (pid) => void pipe.write(`gone ${pid}\n`),
    async dispose() {
      child.ref();
      pipe.end();
      await ended;
    },
  };
}
