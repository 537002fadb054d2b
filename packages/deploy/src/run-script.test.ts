import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import process from 'node:process';
import { err, errAsync, okAsync, ResultAsync } from 'neverthrow';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runScript } from './run-script.js';

describe('runScript', () => {
  let exitCode: typeof process.exitCode;
  beforeEach(() => (exitCode = process.exitCode));
  afterEach(() => {
    process.exitCode = exitCode;
    vi.useRealTimers();
  });

  it('sets exit code 0 and says nothing when the script is Ok', async () => {
    const write = vi.fn();
    await runScript(() => okAsync('done'), { write });
    expect(process.exitCode).toBe(0);
    expect(write).not.toHaveBeenCalled();
  });

  it('sets exit code 1 and tells what failed and what to do when it is Err', async () => {
    let told = '';
    await runScript(() => errAsync({ kind: 'Broken', message: 'it broke', remedy: 'mend it' }), { write: (text) => (told += text) });
    expect(process.exitCode).toBe(1);
    expect(told).toBe('\nBroken\n  it broke\n\nWhat to do:\n  mend it\n');
  });

  it('wraps at 80 columns on a terminal that does not know its size', async () => {
    const { columns } = process.stderr;
    Object.defineProperty(process.stderr, 'columns', { value: 0, configurable: true });
    let told = '';
    await runScript(() => errAsync({ kind: 'Broken', message: 'it broke, and nobody knows why', remedy: '' }), { write: (text) => (told += text) });
    Object.defineProperty(process.stderr, 'columns', { value: columns, configurable: true, writable: true });
    expect(told).toBe('\nBroken\n  it broke, and nobody knows why\n');
  });

  it('tells of a script that throws', async () => {
    let told = '';
    await runScript(
      () => {
        throw new TypeError('x is undefined');
      },
      { write: (text) => (told += text) },
    );
    expect(process.exitCode).toBe(1);
    expect(told).toContain('Unexpected\n  The script threw: x is undefined\n');
  });

  it('awaits reporters, but not for ever, and lets none that fails stop it', async () => {
    vi.useFakeTimers();
    const ended: string[] = [];
    const report = () => undefined;
    const running = runScript(() => okAsync(null), {
      reporters: [
        { report, end: () => new Promise(() => undefined) },
        { report, end: () => Promise.reject(new Error('no network')) },
        { report, end: () => void ended.push('last') },
        { report },
      ],
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await running;
    expect(ended).toEqual(['last']);
    expect(process.exitCode).toBe(0);
  });

  /** A script that waits until it is aborted. */
  const untilAborted = (signal: AbortSignal) => new ResultAsync<never, { readonly message: string }>(new Promise((resolve) => signal.addEventListener('abort', () => void resolve(err({ message: (signal.reason as Error).message })))));

  it('tells reporters of a signal, which know what is on the screen, and not the terminal itself', async () => {
    const told: string[] = [];
    const notes: unknown[] = [];
    const failing = { report: () => { throw new Error('no network'); } };
    const rejecting = { report: () => Promise.reject(new Error('no network')) as never };
    // a signal for runScript alone: what other tests of this process have loaded would end it
    const others = process.listeners('SIGTERM');
    const running = runScript(untilAborted, { write: (text) => void told.push(text), reporters: [failing, rejecting, { report: ({ at: _, ...event }) => void notes.push(event) }] });
    for (const listener of process.listeners('SIGTERM').filter((each) => !others.includes(each))) listener('SIGTERM');
    await running;
    expect(notes).toEqual([
      { type: 'interrupted', environment: '', runId: null, message: 'SIGTERM: stopping. Once more ends the process at once.' },
      { type: 'script-failed', environment: '', runId: null, error: { message: 'SIGTERM was received' } },
    ]);
    expect(told).toEqual(['\nFailed\n  SIGTERM was received\n']);
    expect(process.exitCode).toBe(130);
  });

  it('tells whatever was thrown', async () => {
    let told = '';
    await runScript(
      () => {
        throw 'a text' as unknown as Error;
      },
      { write: (text) => (told += text) },
    );
    expect(told).toContain('The script threw: a text\n');
  });

  it('leaves no handler of signals behind', async () => {
    const before = process.listenerCount('SIGINT');
    await runScript(() => okAsync(null));
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

describe('a script under runScript', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'run-script-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function runs(body: string, signals: readonly NodeJS.Signals[], pauseMs = 2_200, variables: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
    const script = join(directory, 'script.mts');
    writeFileSync(script, `import { errAsync, okAsync, ResultAsync } from ${JSON.stringify(join(import.meta.dirname, '../../../node_modules/neverthrow/dist/index.es.js'))};\nimport { runScript } from ${JSON.stringify(join(import.meta.dirname, 'run-script.ts'))};\n${body}`);
    const child = spawn(process.execPath, ['--import', 'tsx', script], { cwd: import.meta.dirname, env: { ...process.env, ...variables } });
    let [out, err] = ['', ''];
    const left = [...signals];
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
      if (out.includes('ready') && left.length === signals.length) child.kill(left.shift());
    });
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
      if (err.includes('stopping') && left.length > 0 && left.length < signals.length) void sleep(pauseMs).then(() => child.kill(left.shift()));
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  }

  const waiting = (onAbort: string) => `
    await runScript((signal) => new ResultAsync(new Promise((resolve) => {
      const alive = setInterval(() => undefined, 1000);
      signal.addEventListener('abort', () => { ${onAbort} });
      console.log('ready');
      const end = async (result) => { clearInterval(alive); resolve(await result); };
    })));`;

  it('is aborted by the first signal, ends as its run does, and exits with 130', async () => {
    const { code, err } = await runs(waiting("void end(errAsync({ kind: 'Aborted', message: 'aborted while waiting', remedy: 'resume' }))"), ['SIGTERM']);
    expect(err).toBe('\nSIGTERM: stopping. Once more ends the process at once.\n\nAborted\n  aborted while waiting\n\nWhat to do:\n  resume\n');
    expect(code).toBe(130);
  });

  it('is ended at once by the second signal', async () => {
    const { code, err } = await runs(waiting('/* goes on */'), ['SIGINT', 'SIGINT']);
    expect(err).toBe('\nSIGINT: stopping. Once more ends the process at once.\n');
    expect(code).toBe(130);
  });

  it.each([0, 700])('takes a signal that a wrapper passes on %s ms later for the one that it has had', async (pauseMs) => {
    const { code, out, err } = await runs(waiting("setTimeout(() => { console.log('put back'); void end(errAsync({ message: 'aborted' })); }, 1_500)"), ['SIGINT', 'SIGINT'], pauseMs);
    expect(out).toContain('put back');
    expect(err).toBe('\nSIGINT: stopping. Once more ends the process at once.\n\nFailed\n  aborted\n');
    expect(code).toBe(130);
  });

  it('is ended at once by another signal than the first, as GitHub’s runner sends them, however soon', async () => {
    const { code, err } = await runs(waiting('/* goes on */'), ['SIGINT', 'SIGTERM'], 0);
    expect(err).toBe('\nSIGINT: stopping. Once more ends the process at once.\n');
    expect(code).toBe(130);
  });

  it('lets no line of others command GitHub’s runner', async () => {
    const { err } = await runs("await runScript(() => errAsync({ message: 'm', lastLines: ['::stop-commands::x', 'a ##[add-mask]b'] }));", [], 0, { GITHUB_ACTIONS: 'true' });
    expect(err).toContain('  :\u200B:stop-commands::x\n  a ##\u200B[add-mask]b\n');
  });

  it('does not pass for a success when it runs out of things to do without an answer', async () => {
    const { code } = await runs('void runScript(() => new ResultAsync(new Promise(() => undefined)));', []);
    expect(code).toBe(1);
  });
});
