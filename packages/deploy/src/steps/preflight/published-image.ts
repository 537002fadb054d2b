import { err, ok, type Result, type ResultAsync, safeTry } from 'neverthrow';
import { missingIsNull } from '../../aws/map-error.js';
import type { ImageSource } from '../../environment/definition.js';
import type { Environment } from '../../environment/environment.js';
import type { PreflightCheck } from '../../errors.js';
import { getManifest } from '../../registry/manifests.js';
import { publicRepository } from '../../registry/registry.js';
import { findReleaseImage, type ReleaseImage } from '../images.js';
import { tagOfAnotherImage } from '../promote-image.js';
import { platformsOf } from '../promote-image/source-image.js';
import { checksOf, found, type PreflightError } from './check.js';

const { failed } = checksOf('images');

/** An image of the version, wherever it is now. */
export interface WantedImage extends Pick<ReleaseImage, 'platforms'> {
  /** `graasp:core-v1.54.8 is sha256:…` */
  readonly what: string;
  /** What is still to be done about it. */
  readonly note: string;
}

interface Published {
  /** Of the check. */
  readonly name: string;
  readonly repository: string;
  readonly tag: string;
  readonly source: ImageSource;
}

/** `promoteImage` reads it where it is published, whether it is in the private repository already or not. */
export function findPublishedImage(env: Environment, { name, repository, tag, source }: Published): ResultAsync<Result<WantedImage, PreflightCheck>, PreflightError> {
  const from = publicRepository(source);
  return safeTry(async function* () {
    const published = yield* found('images', name, getManifest(env, from, tag));
    if (published.isErr()) return ok(err(published.error));
    const there = yield* found('images', name, missingIsNull(findReleaseImage(env, repository, tag)));
    if (there.isErr()) return ok(err(there.error));
    const [{ digest }, inPrivate] = [published.value, there.value];
    if (inPrivate !== null && inPrivate.digest !== digest) return ok(err(failed(name, `${tag} is ${inPrivate.digest} in ${repository}, and ${digest} in ${from.name}`, tagOfAnotherImage)));
    const platforms = platformsOf(published.value);
    if (inPrivate !== null) return ok(ok({ platforms, what: `${repository}:${tag} is ${digest}`, note: '' }));
    return ok(ok({ platforms, what: `${from.name}:${tag} is ${digest}`, note: `; it is copied to ${repository} first` }));
  });
}
