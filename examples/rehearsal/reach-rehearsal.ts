import { fork } from 'node:child_process';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { thisScript } from './commands.js';
import type { Facts } from './facts.js';
import { type Handle, isAlive, readHandle, removeHandleDirectory } from './handle.js';
import type { FromRehearsal, Progress, RehearsalStatus } from './messages.js';
import type { RehearsalOptions } from './rehearsal.js';

const END_WITHIN_MS = 20_000;

/** A rehearsal as another process works with it. Everything rejects once it is gone. */
export interface Reached {
  readonly handle: Handle;
  status(): Promise<RehearsalStatus>;
  /** Notes the run that has begun, for whoever continues it. */
  noteRun(runId: string): Promise<void>;
  /** Notes the run that left the environment held; null: it is held no more. */
  noteHeld(runId: string | null): Promise<void>;
  /** Takes away the cause of the failure that was asked for; answers what was done. */
  mend(): Promise<string>;
  facts(): Promise<Facts>;
  /** Keeps it from ending for want of company; the answer lets go. Letting go happens by itself when this process ends, however it does. */
  attach(): () => void;
  /** Ends it; resolves when its process is gone, and everything with it. */
  stop(): Promise<void>;
}

/** Starts a rehearsal in a process of its own. Rejects when it does not come up; when `signal` is aborted meanwhile, once it is gone again. */
export function startRehearsalProcess(options: RehearsalOptions, tell: (progress: Progress) => void, signal: AbortSignal): Promise<Reached> {
  const program = fileURLToPath(new URL('rehearsal-process.ts', import.meta.url));
  // on a terminal it has the last word where the script is killed; a pipe that it kept open would never end
  const child = fork(program, [JSON.stringify(options), thisScript()], { stdio: ['ignore', 'ignore', process.stderr.isTTY ? 'inherit' : 'ignore', 'ipc'] });
  return new Promise((resolve, reject) => {
    const abort = (): void => void child.kill('SIGTERM');
    let problem = 'its process ended early';
    signal.addEventListener('abort', abort, { once: true });
    child.on('message', (message: FromRehearsal) => {
      if (message.type === 'doing' || message.type === 'watchable') tell(message);
      if (message.type === 'failed') problem = message.message;
      if (message.type !== 'ready' || signal.aborted) return;
      signal.removeEventListener('abort', abort);
      child.disconnect();
      child.unref();
      resolve(reach(message.handle));
    });
    child.once('error', reject);
    child.once('exit', () => reject(signal.aborted ? (signal.reason as Error) : new Error(`The local cloud did not come up: ${problem}`)));
  });
}

/** The rehearsal that goes on in this directory. What a process that was killed has left of one is removed. */
export async function findRehearsal(): Promise<Reached | undefined> {
  const handle = readHandle();
  if (handle === undefined) return undefined;
  const reached = reach(handle);
  try {
    await reached.status();
    return reached;
  } catch {
    removeHandleDirectory();
    return undefined;
  }
}

function reach(handle: Handle): Reached {
  const order = (name: string, argument = '') => ask(`${handle.control}/${name}/${encodeURIComponent(argument)}`);
  return {
    handle,
    status: () => order('status') as Promise<RehearsalStatus>,
    noteRun: async (runId) => void (await order('run', runId)),
    noteHeld: async (runId) => void (await order('held', runId ?? '')),
    mend: () => order('mend') as Promise<string>,
    facts: () => order('facts') as Promise<Facts>,
    attach() {
      const request = get(`${handle.control}/attach/${process.pid}`, { agent: false });
      request.on('error', () => undefined);
      return () => void request.destroy();
    },
    async stop() {
      // a process that does not answer any more has gone, and its watchdog has ended what it had begun
      await order('stop').catch(() => undefined);
      await untilGone(handle.pid);
      removeHandleDirectory();
    },
  };
}

function ask(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (response) => {
      text(response).then((body) => {
        const answer = JSON.parse(body) as { readonly message?: string } | null;
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(answer?.message ?? `status ${response.statusCode}`));
      }, reject);
    });
    request.once('error', reject);
  });
}

async function untilGone(pid: number): Promise<void> {
  const until = Date.now() + END_WITHIN_MS;
  while (isAlive(pid)) {
    if (Date.now() > until) throw new Error(`Process ${pid} of the local cloud has not ended within ${END_WITHIN_MS / 1000} s.`);
    await sleep(20);
  }
}
