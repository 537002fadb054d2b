import type { Environment } from '../../environment/environment.js';
import { releaseTag } from '../images.js';

/** An image of the version, by its tag, and what runs from it. */
export interface ReleasedImage {
  /** `core-v1.55.0` */
  readonly tag: string;
  /** `core-previous` */
  readonly previousTag: string;
  /** Empty for the migration's: nothing of it runs. */
  readonly runsIn: readonly { readonly service: string; readonly container: string }[];
}

/** Every image that a release of the version needs. */
export function releasedImages({ definition: { services, migration } }: Environment, version: string): readonly ReleasedImage[] {
  const containers = Object.entries(services).flatMap(([service, { release = {} }]) => Object.entries(release).map(([container, { tag }]) => ({ service, container, tag })));
  const tags = [...new Set([...containers.map(({ tag }) => tag), ...(migration === undefined ? [] : [migration.tag])])];
  return tags.map((tag) => ({
    tag: releaseTag(tag, version),
    previousTag: releaseTag(tag, 'previous'),
    runsIn: containers.filter((container) => container.tag === tag).map(({ service, container }) => ({ service, container })),
  }));
}
