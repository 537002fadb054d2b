/** Tag by which this library marks what it makes for a version: revisions and snapshots. */
export const versionTagKey = 'graasp-deploy:version';

/** The released version that a revision was made for; undefined for one that this library did not make. */
export function versionTag(tags: readonly { readonly key?: string | undefined; readonly value?: string | undefined }[] | undefined): string | undefined {
  return tags?.find((tag) => tag.key === versionTagKey)?.value;
}
