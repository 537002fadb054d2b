import type { DeployEvent, Reporter } from '../reports/events.js';
import { quietly } from '../reports/quietly.js';
import type { SuspendedAt, Told } from '../runs/suspension.js';

/** Tells reporters what is new: a part of a run goes through everything before it once more. */
export interface Telling {
  readonly reporters: readonly Reporter[];
  /** Of the step that is open. */
  told(): Told;
}

/** `at`: where the run was suspended, for what was told before. */
export function tellNews(reporters: readonly Reporter[], at: SuspendedAt | null): Telling {
  let reached = at === null;
  let before: Told = at?.told ?? nothing;
  let lines: Record<string, number> = {};
  let messages: string[] = [];

  const isNews = (event: DeployEvent): boolean => {
    switch (event.type) {
      case 'run-started':
      case 'step-succeeded':
        return reached;
      case 'step-started': {
        const wasReached = reached;
        reached ||= event.step === at?.step;
        if (wasReached) before = nothing;
        [lines, messages] = [{}, []];
        return wasReached;
      }
      case 'log': {
        const count = (lines[event.source] ?? 0) + 1;
        lines = { ...lines, [event.source]: count };
        return count > (before.lines[event.source] ?? 0);
      }
      case 'note':
      case 'warning':
        messages.push(event.message);
        return !before.messages.includes(event.message);
      default:
        return true;
    }
  };
  return {
    reporters: reporters.length === 0 ? [] : [{ report: (event) => (isNews(event) ? void tell(reporters, event) : undefined) }],
    told: () => ({ lines: { ...before.lines, ...lines }, messages: [...new Set([...before.messages, ...messages])] }),
  };
}

const nothing: Told = { lines: {}, messages: [] };

/** One that throws or rejects keeps it from no other. */
function tell(reporters: readonly Reporter[], event: DeployEvent): void {
  for (const reporter of reporters) quietly(() => reporter.report(event));
}
