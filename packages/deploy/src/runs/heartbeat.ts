import { putMetric } from '../aws/cloudwatch.js';
import { systemClock } from '../clock.js';
import type { Environment } from '../environment/environment.js';

/** A run's end does not wait longer for CloudWatch, on the machine's time. */
const endWithinMs = 10_000;

/** One beat a period of the metric, so that an alarm on it sees the first that is missing. */
const secondsBetween = 60;

/** Where a run's beats are found: an alarm on them goes off when a run falls silent without an end. */
export const heartbeatMetric = { namespace: 'GraaspDeploy', name: 'RunHeartbeat', dimension: 'Environment' } as const;

export interface Heartbeat {
  /** Falls silent: whoever watches is to be told. */
  stop(): void;
  /** The last beat, which says that all is well. */
  end(): Promise<void>;
}

const none: Heartbeat = { stop: () => undefined, end: () => Promise.resolve() };

/**
 * Puts 1 to a metric of CloudWatch for as long as a run has the environment, and 0 when it lets go of it, if the definition asks for it. A
 * beat that cannot be put is missed: the first of a row is warned of, and none ever stops a run.
 */
export function startHeartbeat(env: Environment): Heartbeat {
  if (env.definition.heartbeat !== true || env.planning) return none;
  const stopped = new AbortController();
  const beat = beats(env);
  const beating = keepBeating(env, beat, stopped.signal);
  return {
    stop: () => stopped.abort(),
    async end() {
      stopped.abort();
      const enough = new AbortController();
      const tooLong = (env.clock.background ?? systemClock).sleep(endWithinMs, enough.signal).catch(() => undefined);
      await Promise.race([beating.then(() => lastBeat(beat)), tooLong]);
      enough.abort();
    },
  };
}

/** One that is missed would be an alarm about a run that has ended. */
async function lastBeat(beat: Beat): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) if (await beat(0)) return;
}

async function keepBeating(env: Environment, beat: Beat, stopped: AbortSignal): Promise<void> {
  const clock = env.clock.background ?? env.clock;
  while (!stopped.aborted) {
    await beat(1);
    await clock.sleep(secondsBetween * 1000, stopped).catch(() => undefined);
  }
}

/** Whether it was put. */
type Beat = (value: 0 | 1) => Promise<boolean>;

function beats(env: Environment): Beat {
  let missed = false;
  return async (value) => {
    const { namespace, name, dimension } = heartbeatMetric;
    const put = await putMetric(env, { namespace, name, dimensions: { [dimension]: env.definition.name }, value });
    if (put.isErr() && !missed) env.emit({ type: 'warning', message: `The heartbeat of ${env.definition.name} is missed: ${put.error.message}. ${put.error.remedy}` });
    missed = put.isErr();
    return !missed;
  };
}
