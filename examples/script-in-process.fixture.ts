import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

let runs = 0;

/** Runs a script in this process; answers its exit code and what it wrote. What it spies on is for the test to restore. */
export async function runInProcess(script: URL, ...args: readonly string[]): Promise<{ readonly code: unknown; readonly out: string }> {
  let out = '';
  const write = (text: unknown) => ((out += String(text)), true);
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  vi.spyOn(console, 'log').mockImplementation((text) => void write(`${String(text)}\n`));
  const [argv, exitCode] = [process.argv, process.exitCode];
  const path = fileURLToPath(script);
  process.argv = [process.execPath, basename(path), ...args];
  try {
    // a script is a module, which runs once under a name
    await import(/* @vite-ignore */ `${path}?run=${(runs += 1)}`);
    return { code: process.exitCode, out };
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
  }
}
