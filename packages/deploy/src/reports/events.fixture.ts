import type { DeployEvent, DeployEventBody } from './events.js';

/** An event of run r1 on dev, so many seconds after eight o'clock. */
export function eventAt(seconds: number, body: DeployEventBody): DeployEvent {
  return { at: new Date(Date.parse('2026-11-23T08:00:00Z') + seconds * 1000).toISOString(), environment: 'dev', runId: 'r1', ...body };
}
