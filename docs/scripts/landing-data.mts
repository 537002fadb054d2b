import type { RunReport } from '@graasp/deploy';
import { fileURLToPath } from 'node:url';
import { readCode } from '../plugins/read-code.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the landing page shows: a release as its report tells it, and the script that did it. */
export function landingData(): string {
  const { steps, seconds, window, versions, restorePoint } = JSON.parse(readCode('examples/output/run-report-json.txt', root)) as RunReport;
  const shown = steps.map((step) => ({ name: step.name, startedAt: step.startedAt, seconds: step.seconds ?? 0, summary: step.summary }));
  return JSON.stringify({ release: { steps: shown, seconds, window, versions, restorePoint }, script: readCode('examples/release-shop.ts#main', root) }, null, 1);
}
