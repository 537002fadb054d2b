import type { LocalCloud, LocalCloudOptions } from './local-cloud.js';

/**
 * Starts a cloud with everything of a blueprint in it. Resolves when its services are steady, their targets healthy
 * and its database available; rejects with an Error when an option is unknown, and when something of the blueprint cannot be created or does not come up.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  // every service and the models of AWS's clients: who only attaches to a cloud of another process does without
  const { launchLocalCloud } = await import('./launch-local-cloud.js');
  return launchLocalCloud(options);
}
