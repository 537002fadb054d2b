import type { ImagesDefinition, MigrationDefinition, VersionTag } from '../environment/definition.js';
import type { Account, FoundContainer } from './account.js';
import type { DraftNotes } from './draft-notes.js';
import { versionTagOf } from './private-image.js';

type FoundImage = NonNullable<FoundContainer['image']>;

/** How the tag of an image is made of a version, by its own tags. */
export function versionTagOfImage({ tag, tags }: FoundImage): VersionTag | undefined {
  return [...(tag === undefined ? [] : [tag]), ...tags].map(versionTagOf).find((made) => made !== undefined);
}

/** The repository with most images that follow versions: a definition has one. */
export function releasedRepository({ services }: Account, notes: DraftNotes): string | undefined {
  const repositories = services.flatMap(({ containers }) => containers.flatMap(({ image }) => (image !== null && versionTagOfImage(image) !== undefined ? [image.repository] : [])));
  const times = (repository: string) => repositories.filter((other) => other === repository).length;
  const [most, ...others] = [...new Set(repositories)].sort((left, right) => times(right) - times(left));
  if (most === undefined) notes.unknown('images', 'no image that runs comes from a repository of ECR in this account and region, with a tag like v1.2.3');
  if (others.length > 0) notes.unknown('images', `versions are found in ${others.join(', ')} too, but a release is of one repository`);
  return most;
}

export interface DraftedRelease {
  readonly repository: string | undefined;
  readonly migration: MigrationDefinition | undefined;
}

/** The repository, and the tags that task definitions name and that move with each release. */
export function draftImages({ services, migrations }: Account, { repository, migration }: DraftedRelease, notes: DraftNotes): ImagesDefinition | undefined {
  if (repository === undefined) return undefined;
  const migrating = migrations.find(({ family }) => family === migration?.taskDefinitionFamily)?.containers.filter(({ name }) => name === migration?.container) ?? [];
  const mutableTags: Record<string, string> = {};
  for (const { name, image } of [...services.flatMap(({ containers }) => containers), ...migrating]) {
    if (image?.repository !== repository || image.tag === undefined || versionTagOf(image.tag) !== undefined || versionTagOfImage(image) === undefined) continue;
    const before = (mutableTags[name] ??= image.tag);
    if (before !== image.tag) notes.unknown('images.mutableTags', `containers called ${name} name ${before} and ${image.tag}, but only one tag a container moves`);
  }
  notes.unknown('images.source', 'where images are published, if they are copied to this repository from elsewhere');
  const moved = Object.keys(mutableTags).length > 0;
  if (moved) notes.guess('images.mutableTags', 'task definitions name these tags: they move to the released image');
  return { repository, ...(moved ? { mutableTags } : {}) };
}
