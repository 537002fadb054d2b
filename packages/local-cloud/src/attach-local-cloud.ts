import type { CloudDescription, DescribedClock } from './cloud-description.js';
import { type Clock, machineTime, scaledClock } from './clock.js';
import { createSocketFetch } from './hosts/socket-fetch.js';
import { credentials } from './credentials.js';
import type { CloudConnection } from './local-cloud.js';
import { hostWithoutPort, matchesWildcards } from './services/elbv2/evaluate-rules.js';

/**
 * The connection to a cloud that runs in another process of this machine, as `cloud.describe()` told it there. The cloud stays that
 * process's to stop. Its clock is the cloud's to about a millisecond of the machine's time.
 */
export function attachLocalCloud(description: CloudDescription): CloudConnection {
  return {
    aws: { endpoint: description.endpoint, credentials },
    fetch: createSocketFetch((url) => localPortOf(description, url)),
    clock: clockOf(description.clock),
  };
}

function localPortOf({ listeners, registryHosts, endpoint }: CloudDescription, url: URL): number | undefined {
  if (registryHosts.some((known) => matchesWildcards(url.hostname, known, 'i'))) return Number(new URL(endpoint).port);
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const host = hostWithoutPort(url.hostname);
  return listeners.find((listener) => `${listener.protocol}:` === url.protocol && listener.port === port && listener.hosts.some((known) => matchesWildcards(host, known, 'i')))?.localPort;
}

/** Chance is each process's own: two of them must not draw the same identifiers. */
function clockOf({ machineTime: then, cloudTime, scale }: DescribedClock): Clock {
  const now = machineTime();
  return scaledClock({ scale, startAt: cloudTime + (now - then) * scale, seed: Math.floor(now * 1000) });
}
