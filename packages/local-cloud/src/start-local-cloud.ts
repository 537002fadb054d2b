import type { LocalCloud, LocalCloudOptions } from './local-cloud.js';

/**
 * Starts a cloud with everything of a blueprint in it. Resolves when its services are steady, their targets healthy
 * and its database available; rejects with an Error when something of the blueprint cannot be created.
 */
export function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  return Promise.reject(new Error(`startLocalCloud is not there yet (${options.blueprint.cluster})`));
}
