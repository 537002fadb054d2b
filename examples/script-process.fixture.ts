import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** An example that runs as its users run it, in a process of its own. */
export interface ScriptProcess {
  readonly child: ChildProcess;
  /** Resolves once a line that matches was printed; rejects when the script ends before. */
  printed(pattern: RegExp): Promise<void>;
  readonly ended: Promise<EndedScript>;
}

export interface EndedScript {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `node --import tsx` instead of `npx tsx`, so that a signal meets the script itself. */
export function runScriptFile(name: string, args: readonly string[] = [], directory?: string): ScriptProcess {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(process.execPath, ['--import', loader, fileURLToPath(new URL(name, import.meta.url)), ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<EndedScript>((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  return {
    child,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (pattern.test(out) && resolve());
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`It ended without printing ${String(pattern)}:\n${out}\n${err}`)));
      }),
  };
}
