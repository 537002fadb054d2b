import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CloudDescription } from '@graasp/local-cloud';

/** How another process finds a rehearsal that goes on: JSON in `.local-cloud/rehearsal.json` of the directory in which it was started. */
export interface Handle {
  /** The process that keeps the cloud. */
  readonly pid: number;
  /** Where it takes orders; the path is a secret of this file. */
  readonly control: string;
  readonly cloud: CloudDescription;
  /** The operators' header of this rehearsal. */
  readonly header: { readonly name: string; readonly value: string };
  /** Directory of journal, lock, hold and baseline. */
  readonly runs: string;
}

/** Everything that a rehearsal leaves on the disk while it goes on. Git ignores it. */
export function handleDirectory(): string {
  return resolve('.local-cloud');
}

/** Makes the directory this process's, so that two rehearsals that start at once do not share it. False: a process that lives has it. */
export function claimDirectory(): boolean {
  const claim = join(handleDirectory(), 'claimed-by');
  mkdirSync(handleDirectory(), { recursive: true });
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isAlive(Number(readFileSync(claim, 'utf8')))) return false;
    removeHandleDirectory();
    return claimDirectory();
  }
}

export function writeHandle(handle: Handle): void {
  const directory = handleDirectory();
  mkdirSync(directory, { recursive: true });
  const draft = join(directory, `rehearsal.${handle.pid}.json`);
  writeFileSync(draft, JSON.stringify(handle, null, 1), { mode: 0o600 });
  renameSync(draft, handlePath());
}

/** Undefined when no rehearsal was started here, or it has ended in order. */
export function readHandle(): Handle | undefined {
  return existsSync(handlePath()) ? (JSON.parse(readFileSync(handlePath(), 'utf8')) as Handle) : undefined;
}

export function removeHandleDirectory(): void {
  rmSync(handleDirectory(), { recursive: true, force: true, maxRetries: 5 });
}

function handlePath(): string {
  return join(handleDirectory(), 'rehearsal.json');
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
