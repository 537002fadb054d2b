import { err, ok, Result } from 'neverthrow';

/** What a manifest refers to. The digest is SHA-256's: safe in an address. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** `os/architecture`, where an index says it. */
  readonly platform: string | null;
}

/** An index of images by platform, or an image of configuration and layers. */
export type ParsedManifest = { readonly kind: 'index'; readonly manifests: readonly Descriptor[] } | { readonly kind: 'image'; readonly blobs: readonly Descriptor[] };

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const indexTypes = ['application/vnd.oci.image.index.v1+json', 'application/vnd.docker.distribution.manifest.list.v2+json'];
const imageTypes = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.docker.distribution.manifest.v2+json'];

/** Every manifest that this library can copy. */
export const manifestMediaTypes: readonly string[] = [...indexTypes, ...imageTypes];

/** Reads a manifest; the error is what is wrong with it, in words. */
export function parseManifest(text: string, mediaType: string): Result<ParsedManifest, string> {
  if (!manifestMediaTypes.includes(mediaType)) return err(`its media type is ${mediaType === '' ? 'not given' : mediaType}`);
  return parseJson(text).andThen((value) => {
    if (indexTypes.includes(mediaType)) return descriptors(value['manifests']).map((manifests) => ({ kind: 'index' as const, manifests }));
    return Result.combine([descriptors([value['config']]), descriptors(value['layers'] ?? [])]).map(([config = [], layers = []]) => ({ kind: 'image' as const, blobs: [...config, ...layers.filter(isDistributed)] }));
  });
}

/** Base layers of Windows are fetched from Microsoft by whoever runs the image; no registry takes them. */
function isDistributed({ mediaType }: Descriptor): boolean {
  return !/nondistributable|foreign/.test(mediaType);
}

const parseJson: (text: string) => Result<Readonly<Record<string, unknown>>, string> = Result.fromThrowable(
  (text: string) => JSON.parse(text) as Readonly<Record<string, unknown>>,
  () => 'it is no JSON',
);

interface RawDescriptor {
  readonly mediaType?: unknown;
  readonly digest?: unknown;
  readonly size?: unknown;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

function descriptors(value: unknown): Result<readonly Descriptor[], string> {
  if (!Array.isArray(value)) return err('it has no list of what it refers to');
  return Result.combine(value.map((item) => descriptor((item ?? {}) as RawDescriptor)));
}

function descriptor({ mediaType, digest, size, platform }: RawDescriptor): Result<Descriptor, string> {
  if (typeof digest !== 'string' || !digestPattern.test(digest)) return err('it refers to something by what is no SHA-256 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return err(`it does not say how large ${digest} is`);
  return ok({ mediaType: String(mediaType), digest, size, platform: platform === undefined ? null : `${platform.os ?? 'unknown'}/${platform.architecture ?? 'unknown'}` });
}
