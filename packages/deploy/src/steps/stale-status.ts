import { steadyNow } from '../clock.js';
import type { Environment } from '../environment/environment.js';
import type { DatabaseRecord } from '../runs/database-record.js';

/** Reads are stale for seconds after a request. */
export const msUntilVisible = 60_000;

/**
 * Whether a status may be from before an earlier request, of another run perhaps, that asked for the opposite less than a minute ago. In
 * doubt until a read shows that request's effect.
 */
export function staleStatus(env: Environment, record: DatabaseRecord | null, opposite: DatabaseRecord['meantTo']): (isAsBefore: boolean) => boolean {
  let doubtedUntil = record?.meantTo === opposite ? steadyNow(env.clock) + Math.min(msUntilVisible, Date.parse(record.at) + msUntilVisible - env.clock.now()) : Number.NEGATIVE_INFINITY;
  return (isAsBefore) => {
    if (!isAsBefore) doubtedUntil = Number.NEGATIVE_INFINITY;
    return isAsBefore && steadyNow(env.clock) < doubtedUntil;
  };
}
