import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { clientEnvironment, pythons } from './client-environment.js';

/** A Python program that reads a line of JSON after the other, and writes such lines. */
export interface LineProgram {
  /** The line that it began with. */
  readonly first: unknown;
  write(line: object): void;
  /** The next line; undefined once it has ended. */
  read(): Promise<unknown>;
  /** It ends when it has read all. */
  end(): void;
}

/** Starts a program of this directory with the Python that has what the AWS command line is made of; undefined where there is none. */
export async function startLineProgram(file: string, args: readonly string[]): Promise<LineProgram | undefined> {
  for (const python of pythons()) {
    const started = await start(python, [path.join(import.meta.dirname, file), ...args]);
    if (started !== undefined) return started;
  }
  return undefined;
}

async function start(python: string, args: readonly string[]): Promise<LineProgram | undefined> {
  const program = spawn(python, args, { env: clientEnvironment(), stdio: ['pipe', 'pipe', 'ignore'] });
  program.on('error', () => undefined);
  program.stdin.on('error', () => undefined);
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<unknown> => {
    const { done, value } = await lines.next();
    return done === true ? undefined : (JSON.parse(value) as unknown);
  };
  const first = await read();
  return first === undefined ? undefined : { first, read, write: (line) => void program.stdin.write(`${JSON.stringify(line)}\n`), end: () => void program.stdin.end() };
}
