import type { TaggedTaskDefinition } from '../aws/ecs.js';

/** Tag by which this library marks what it makes for a version: revisions and snapshots. */
export const versionTagKey = 'graasp-deploy:version';

/** The released version that a revision was made for; undefined for one that this library did not make, and for one that names a released container's image by a tag: that is moved by later releases. */
export function markedVersion({ containerDefinitions = [], tags }: TaggedTaskDefinition, releasedContainers: readonly string[]): string | undefined {
  const byTag = containerDefinitions.some(({ name = '', image = '' }) => releasedContainers.includes(name) && !image.includes('@'));
  return byTag ? undefined : tags?.find(({ key }) => key === versionTagKey)?.value;
}
