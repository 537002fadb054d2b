import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';

import { awaitListening } from './await-listening.js';
import { defaultImage } from './default-image.js';
import { freePort } from './free-port.js';
import type { ContainerExit, ContainerHost, ContainerSpec, RunningContainer } from './host.js';
import { emitLines } from './emit-lines.js';
import type { Reaper } from './reaper.js';

// A descendant that left the process group may hold the output open for ever; its container is over nevertheless.
const OUTPUT_GRACE_MS = 2_000;

export interface RealContainers extends ContainerHost {
  /** Kills every container and waits for its end. */
  dispose(): Promise<void>;
}

/**
 * One process group per container. Its process sees only the environment of its image and its task (and PATH, HOME, LANG,
 * TMPDIR), never this process's credentials. A task's command replaces the image's declared command, as Docker's CMD does;
 * an image without a declared process runs the default server whatever the command says, since the program that the
 * command names is in the image, not on this machine. A container with a port has started when it listens, or after 5 seconds of
 * the machine's time. What leaves the process group (setsid) is not followed.
 */
export function createRealContainers(reaper: Reaper): RealContainers {
  const running = new Map<number, { readonly child: ChildProcess; readonly ended: Promise<void> }>();
  let disposed = false;

  return {
    async start(spec) {
      const port = spec.port === undefined ? undefined : await freePort();
      if (disposed) throw new Error('The local cloud has stopped.');
      const child = startProcess(spec, port);
      if (child.pid === undefined) throw await startError(child, spec);
      const pid = child.pid;
      reaper.watch('group', pid);
      const state = { outOfMemory: false };
      const ended = followToTheEnd(child, pid, spec, state).then(() => {
        running.delete(pid);
      });
      running.set(pid, { child, ended });
      void ended.then(() => reaper.forget(pid));
      await once(child, 'spawn');
      if (port !== undefined) await awaitListening(port, () => !running.has(pid));
      return runningContainer(pid, port, state);
    },
    async dispose() {
      disposed = true;
      for (const pid of running.keys()) signalGroup(pid, 'SIGKILL');
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

function startProcess(spec: ContainerSpec, port: number | undefined): ChildProcess {
  const [program, ...args] = commandOf(spec);
  return spawn(program === 'node' || program === undefined ? process.execPath : program, args, {
    cwd: spec.image.process?.cwd,
    env: environmentOf(spec, port),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function commandOf({ image, command }: ContainerSpec): readonly string[] {
  if (image.process === undefined) return ['node', '-e', defaultImage, image.reference];
  return command !== undefined && command.length > 0 ? command : image.process.command;
}

function environmentOf(spec: ContainerSpec, port: number | undefined): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ['PATH', 'HOME', 'LANG', 'TMPDIR']) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, spec.image.process?.environment, spec.environment);
  if (port !== undefined) environment['PORT'] = String(port);
  return environment;
}

/** As the container runtime words it. */
async function startError(child: ChildProcess, spec: ContainerSpec): Promise<Error> {
  const [cause] = (await once(child, 'error').catch((error: unknown) => [error])) as [NodeJS.ErrnoException];
  return new Error(
    `CannotStartContainerError: failed to create new container runtime task: unable to start container process: ${whyNotStarted(cause, spec)}`,
    { cause },
  );
}

function whyNotStarted(cause: NodeJS.ErrnoException, spec: ContainerSpec): string {
  const { cwd } = spec.image.process ?? {};
  // The system reports a missing directory as if the program were missing.
  if (cwd !== undefined && !existsSync(cwd)) return `chdir to cwd ("${cwd}") set in config.json failed: no such file or directory`;
  const program = commandOf(spec)[0] ?? '';
  const soughtInPath = !program.includes('/') && ['ENOENT', 'EACCES'].includes(cause.code ?? '');
  return `exec: "${program}": ${soughtInPath ? 'executable file not found in $PATH' : cause.message}`;
}

async function followToTheEnd(child: ChildProcess, pid: number, spec: ContainerSpec, state: { outOfMemory: boolean }): Promise<void> {
  emitLines(child.stdout, spec.onLog);
  emitLines(child.stderr, spec.onLog);
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // A container ends with its first process.
  signalGroup(pid, 'SIGKILL');
  await Promise.race([closed, graceForOutput(child)]);
  spec.onExit(exitOf(code, signal, state.outOfMemory));
}

function graceForOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve();
    }, OUTPUT_GRACE_MS);
    timer.unref();
  });
}

function exitOf(code: number | null, signal: NodeJS.Signals | null, outOfMemory: boolean): ContainerExit {
  const exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  return { exitCode, outOfMemory: outOfMemory && signal === 'SIGKILL' };
}

function runningContainer(pid: number, port: number | undefined, state: { outOfMemory: boolean }): RunningContainer {
  return {
    endpoint: port === undefined ? undefined : { kind: 'socket', host: '127.0.0.1', port },
    signal: (signal) => signalGroup(pid, signal),
    outOfMemory() {
      state.outOfMemory = true;
      signalGroup(pid, 'SIGKILL');
    },
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // already gone
  }
}
