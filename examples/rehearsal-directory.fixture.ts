import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Handle } from './rehearsal/handle.js';
import { runScriptFile, type ScriptProcess } from './script-process.fixture.js';

/** A rehearsal mostly waits; but each has a database and a dozen processes of its own. */
const AT_ONCE = 3;
/** The password of the local cloud's database. */
const password = 'only-on-this-machine';

/** A directory of its own, in which one rehearsal after the other may go on. */
export interface Here extends AsyncDisposable {
  migrate(...args: readonly string[]): ScriptProcess;
  readHandle(): Handle;
  /** Whether nothing of a rehearsal is left in it. */
  isEmpty(): boolean;
}

let free = AT_ONCE;
const waiting: (() => void)[] = [];

export async function enterDirectory(): Promise<Here> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  const directory = mkdtempSync(join(tmpdir(), 'graasp-rehearsal-test-'));
  const left = join(directory, '.local-cloud');
  const scripts: ScriptProcess[] = [];
  const migrate = (...args: readonly string[]) => {
    const script = runScriptFile('migrate.ts', args, directory);
    scripts.push(script);
    return script;
  };
  return {
    migrate,
    readHandle: () => JSON.parse(readFileSync(join(left, 'rehearsal.json'), 'utf8')) as Handle,
    isEmpty: () => !existsSync(left),
    async [Symbol.asyncDispose]() {
      // of a test that failed a script may go on, and what it works with is not stopped
      for (const { child } of scripts) child.kill('SIGKILL');
      await Promise.all(scripts.map(({ ended }) => ended));
      if (existsSync(left)) await migrate('--stop').ended;
      rmSync(directory, { recursive: true, force: true });
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}

export function expectNoSecretIn({ header }: Handle, ...texts: readonly string[]): void {
  for (const secret of [password, header.name, header.value]) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
}

export async function expectNothingLeft(here: Here, { pid, cloud }: Handle, below: readonly number[]): Promise<void> {
  expect(below.length).toBeGreaterThan(5);
  expect(await stillAlive([pid, ...below])).toEqual([]);
  await expect(fetch(cloud.endpoint)).rejects.toThrow('fetch failed');
  expect(here.isEmpty()).toBe(true);
}

/** What did not hold. */
export function failed(out: string): readonly string[] {
  expect(out).toContain('What was proven');
  return out.split('\n').filter((line) => line.includes('✘'));
}

/** The arguments of the command below the text of a next action. */
export function nextAction(err: string, text: RegExp): readonly string[] {
  const lines = err.split('\n');
  const command = lines[lines.findIndex((line) => text.test(line)) + 1] ?? '';
  const [, args] = /^ +npx .*migrate\.ts (.*)$/.exec(command) ?? [];
  if (args === undefined) throw new Error(`No command for ${String(text)} in:\n${err}`);
  return [...args.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

export function filesBelow(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), 'utf8')] : []));
}

/** Of every generation. */
export function processesBelow(parent: number): readonly number[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const below = (one: number): readonly number[] => all.flatMap(([pid, ppid]) => (ppid === one && pid !== undefined ? [pid, ...below(pid)] : []));
  return below(parent);
}

/** What was killed stays in the table of processes until the system has looked: a second or two on a busy machine. */
export async function stillAlive(pids: readonly number[]): Promise<readonly number[]> {
  for (let look = 0; look < 40 && pids.some(isAlive); look += 1) await sleep(50);
  return pids.filter(isAlive);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Lines are wrapped for a terminal of 80 columns: where they are, matters to nobody here. */
export function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ');
}
