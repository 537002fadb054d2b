/** An image of a private registry of ECR, as a container definition names it. */
export interface PrivateImage {
  readonly accountId: string;
  readonly region: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const reference = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)(?::([^@]+))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** null: an image from elsewhere. */
export function privateImage(image: string): PrivateImage | null {
  const [, accountId, region, repository, tag, digest] = reference.exec(image) ?? [];
  return accountId === undefined || region === undefined || repository === undefined ? null : { accountId, region, repository, tag, digest };
}

/** `core-v1.54.8` -> `core-{version}`; undefined: the tag names no version, or not as this library does. */
export function versionTagOf(tag: string): `${string}{version}` | undefined {
  const [, before] = /^(.*?)v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.exec(tag) ?? [];
  return before === undefined ? undefined : `${before}{version}`;
}
