import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientEnvironment } from './client-environment.js';
import { type LineProgram, startLineProgram } from './line-program.js';

/** Somebody who types `aws`, and has a local cloud's address in the place of AWS's. */
export interface AwsCommandLine {
  /** What the command prints, as JSON; undefined when it prints nothing. Rejects with its error output when it fails. `value` is its last argument. */
  aws<Printed>(command: string, value?: unknown): Promise<Printed>;
  /** The error output of a command that has to fail. */
  awsError(command: string, value?: unknown): Promise<string>;
  /** As `aws`, by the program of that name. */
  awsProgram<Printed>(command: string): Promise<Printed>;
  /** What a script for bash prints that calls `aws`. Rejects with its error output when it fails. */
  awsScript(script: string): Promise<string>;
  end(): void;
}

/**
 * The command line as it is installed. Nine tenths of what a command costs is to load Python's modules: they are loaded once, and each command
 * then runs in a copy of that process. Where that is not possible, as with a command line that brings no Python of its own, each is a run of `aws`.
 */
export async function awsCommandLine(url: string): Promise<AwsCommandLine> {
  const warm = await startWarm();
  const run = warm?.run ?? runProgram;
  const argumentsOf = (command: string, value?: unknown) => [...command.split(' '), ...(value === undefined ? [] : [typeof value === 'string' ? value : JSON.stringify(value)]), '--endpoint-url', url];
  const printed = <Printed>(command: string, { code, stdout, stderr }: Ended): Printed => {
    if (code !== 0) throw new Error(`aws ${command}: exit code ${code}: ${stderr.trim()}`);
    return (stdout.trim() === '' ? undefined : JSON.parse(stdout)) as Printed;
  };
  return {
    aws: async (command, value) => printed(command, await run(argumentsOf(command, value))),
    async awsError(command, value) {
      const { code, stdout, stderr } = await run(argumentsOf(command, value));
      if (code === 0) throw new Error(`aws ${command} did not fail: ${stdout}`);
      // version 2 counts the attempts
      return stderr.trim().replace(' (reached max retries: 0)', '');
    },
    awsProgram: async (command) => printed(command, await runProgram(argumentsOf(command))),
    async awsScript(script) {
      const { code, stdout, stderr } = await execute('bash', ['-ec', `aws() { command aws "$@" --endpoint-url ${url}; }\n${script}`]);
      if (code !== 0) throw new Error(`${script}: exit code ${code}: ${stderr.trim()}`);
      return stdout.trim();
    },
    end: () => warm?.end(),
  };
}

/** `aws-cli/2.9.19 Python/3.11.2 …`; undefined where it is not installed or does not run. */
export async function awsVersion(): Promise<string | undefined> {
  const { code, stdout } = await runProgram(['--version']);
  return code === 0 ? stdout.trim() : undefined;
}

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function runProgram(args: readonly string[]): Promise<Ended> {
  return execute('aws', args);
}

function execute(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, { env: clientEnvironment(), maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : (error.code ?? 'killed'), stdout, stderr }));
  });
}

interface Warm {
  run(args: readonly string[]): Promise<Ended>;
  end(): void;
}

async function startWarm(): Promise<Warm | undefined> {
  const program = await startLineProgram('run-commands.py', []);
  if (program === undefined) return undefined;
  const place = mkdtempSync(path.join(tmpdir(), 'aws-cli-'));
  const waiting = new Map<number, (code: number) => void>();
  void dispatch(program, waiting);
  let started = 0;
  return {
    async run(args) {
      const id = (started += 1);
      const [stdout, stderr] = [path.join(place, `${id}.out`), path.join(place, `${id}.err`)];
      const code = await new Promise<number>((resolve) => {
        waiting.set(id, resolve);
        program.write({ id, arguments: args, stdout, stderr });
      });
      return { code, stdout: readFileSync(stdout, 'utf8'), stderr: readFileSync(stderr, 'utf8') };
    },
    end() {
      program.end();
      rmSync(place, { recursive: true, force: true });
    },
  };
}

async function dispatch(program: LineProgram, waiting: Map<number, (code: number) => void>): Promise<void> {
  for (let line = await program.read(); line !== undefined; line = await program.read()) {
    const { id, code } = line as { readonly id: number; readonly code: number };
    waiting.get(id)?.(code);
    waiting.delete(id);
  }
}
