import { isoTime, type Clock } from '../clock.js';
import type { DeployEventBody, Reporter } from '../reports/events.js';
import { quietly } from '../reports/quietly.js';
import type { Redact } from '../reports/redact.js';

/** Who is told of an event, and what is added to it. */
export interface Reporting {
  readonly environment: string;
  readonly runId: string | null;
  readonly clock: Clock;
  readonly reporters: readonly Reporter[];
  readonly redact: Redact;
}

/** Hands each event to every reporter, secrets hidden. One that throws or rejects stops nothing, and the others still hear of it. */
export function reporting({ environment, runId, clock, reporters, redact }: Reporting): (event: DeployEventBody) => void {
  return (body) => {
    const event = redact({ at: isoTime(clock), environment, runId, ...body });
    for (const reporter of reporters) quietly(() => reporter.report(event));
  };
}
