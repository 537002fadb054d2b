import type { DeployEvent, Reporter } from './events.js';

/** One JSON object a line for each event: for other programs, and for logs. `write` gets each line with its line feed. */
export function jsonLinesReporter(write: (line: string) => void): Reporter {
  return { report: (event: DeployEvent) => write(`${JSON.stringify(event)}\n`) };
}
