import process from 'node:process';
import { isoTime, systemClock } from './clock.js';
import type { ResultAsync } from 'neverthrow';
import type { Situation } from './errors.js';
import type { DeployEventBody, Reporter } from './reports/events.js';
import { withoutCommands } from './reports/github-commands.js';
import { quietly } from './reports/quietly.js';
import { renderFailure } from './reports/render-failure.js';

/** What a script may be told besides its work. */
export interface RunScriptOptions {
  /** Those given to `connect`: told of a signal, and awaited before the process ends; each gets five seconds. */
  readonly reporters?: readonly Reporter[] | undefined;
  /** Where a failure is told; default standard error. */
  readonly write?: ((text: string) => void) | undefined;
}

/** Any error with a message: this library's, or one made by `failure`. */
export interface ScriptError {
  readonly message: string;
  readonly remedy?: string | undefined;
  readonly kind?: string | undefined;
  readonly situation?: Situation | undefined;
  readonly runId?: string | undefined;
}

/** A reporter that hangs must not keep a finished release from saying so. */
const reporterPatienceMs = 5_000;
/** As shells tell of a process that SIGINT ended: 128 + 2. */
const abortedExitCode = 130;
/** `npx` and `tsx` pass a Ctrl-C on to a process that the terminal has sent it to already, late on a busy machine: until then it is the same one. */
const sameSignalMs = 2_000;

/**
 * The edge of a script: runs it, prints what failed, the situation and the remedy, awaits the reporters and sets the exit code
 * (0 for Ok, 1 for Err, 130 when it was interrupted). The first SIGINT or SIGTERM aborts the signal that the script is given, so that the
 * run ends in a hold that can be resumed; the second ends the process at once, unless it is the same and comes within two seconds: a wrapper
 * passes on what the terminal has sent already. GitHub's runner, which sends SIGINT, 7.5 seconds later SIGTERM and 2.5 later SIGKILL, so leaves a
 * run 7.5 seconds for its hold.
 *
 * Never rejects: a script that throws is told as a failure too.
 */
export async function runScript(script: (signal: AbortSignal) => ResultAsync<unknown, ScriptError>, options: RunScriptOptions = {}): Promise<void> {
  const write = options.write ?? ((text: string) => void process.stderr.write(process.env['GITHUB_ACTIONS'] === 'true' ? withoutCommands(text) : text));
  const abort = new AbortController();
  let first: { readonly name: NodeJS.Signals; readonly at: number } | null = null;
  const interrupt = (name: NodeJS.Signals): void => {
    if (name === first?.name && systemClock.now() - first.at < sameSignalMs) return;
    if (first !== null) process.exit(abortedExitCode);
    first = { name, at: systemClock.now() };
    tellInterrupted(options.reporters ?? [], write, `${name}: stopping. Once more ends the process at once.`);
    abort.abort(new Error(`${name} was received`));
  };
  // a process that runs out of things to do without an answer has not succeeded
  process.exitCode = 1;
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const failed = await settle(script, abort.signal);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  if (failed !== null) tell(options.reporters ?? [], { type: 'script-failed', error: failed });
  for (const reporter of options.reporters ?? []) await ended(reporter);
  // a terminal that does not know its size says 0
  if (failed !== null) write(renderFailure(failed, process.stderr.columns || undefined));
  process.exitCode = failed === null ? 0 : abort.signal.aborted ? abortedExitCode : 1;
}

/** Through a reporter, which knows what it has drawn on the terminal; without one directly. */
function tellInterrupted(reporters: readonly Reporter[], write: (text: string) => void, message: string): void {
  if (reporters.length === 0) return write(`\n${message}\n`);
  tell(reporters, { type: 'interrupted', message });
}

function tell(reporters: readonly Reporter[], event: DeployEventBody): void {
  for (const reporter of reporters) quietly(() => reporter.report({ at: isoTime(systemClock), environment: '', runId: null, ...event }));
}

async function settle(script: (signal: AbortSignal) => ResultAsync<unknown, ScriptError>, signal: AbortSignal): Promise<ScriptError | null> {
  try {
    return await script(signal).match(
      () => null,
      (error) => error,
    );
  } catch (thrown) {
    return { kind: 'Unexpected', message: `The script threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`, remedy: 'This is a defect of the script: return an Err instead.' };
  }
}

async function ended(reporter: Reporter): Promise<void> {
  const over = new AbortController();
  const patience = systemClock.sleep(reporterPatienceMs, over.signal).catch(() => undefined);
  try {
    await Promise.race([reporter.end?.(), patience]);
  } catch {
    // a reporter that fails has nobody left to tell
  }
  over.abort();
}
