import type { ImageDeclaration } from '../../blueprint.js';
import { sha256 } from './sha256.js';
import { tarOf } from './tar-of.js';

export const indexMediaType = 'application/vnd.oci.image.index.v1+json';
export const manifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
const configMediaType = 'application/vnd.oci.image.config.v1+json';
const layerMediaType = 'application/vnd.oci.image.layer.v1.tar';

/** A manifest as its registry keeps it: the text is what its digest is of. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly text: string;
}

/** An index with a manifest for each platform, and the configurations and layers that these refer to, by digest. */
export interface BuiltImage {
  readonly index: Manifest;
  readonly manifests: readonly { readonly manifest: Manifest; readonly platform: string }[];
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export const defaultPlatforms = ['linux/amd64', 'linux/arm64'];

/**
 * The same declaration always gives the same bytes; another reference, or anything else in it, others. An image has one layer a platform:
 * a real archive, with a file that says which image it is and nothing to run, since what runs is the declaration's.
 */
export function buildImage(declaration: ImageDeclaration): BuiltImage {
  const blobs = new Map<string, Uint8Array>();
  const keep = (content: Uint8Array): Blob => {
    const digest = digestOf(content);
    blobs.set(digest, content);
    return { digest, size: content.byteLength };
  };
  const manifests = (declaration.platforms ?? defaultPlatforms).map((platform) => {
    const layer = keep(tarOf('image', `${declaration.reference} for ${platform}\n`));
    const config = keep(new TextEncoder().encode(configOf(declaration, platform, layer)));
    return { platform, manifest: manifestOf(config, layer) };
  });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: indexMediaType,
    manifests: manifests.map(({ manifest, platform }) => ({ mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.text.length, platform: platformOf(platform) })),
  });
  return { index: { digest: digestOf(text), mediaType: indexMediaType, text }, manifests, blobs };
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

export function digestOf(content: string | Uint8Array): string {
  return `sha256:${sha256(content)}`;
}

function platformOf(platform: string): { readonly architecture: string; readonly os: string } {
  const [os = 'linux', architecture = 'amd64'] = platform.split('/');
  return { architecture, os };
}

function configOf(declaration: ImageDeclaration, platform: string, layer: Blob): string {
  const labels = { 'org.opencontainers.image.ref.name': declaration.reference, 'org.graasp.local-cloud': JSON.stringify({ process: declaration.process, model: declaration.model }) };
  // an archive that is not compressed is itself what `diff_ids` are digests of
  return JSON.stringify({ ...platformOf(platform), config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: [layer.digest] } });
}

function manifestOf(config: Blob, layer: Blob): Manifest {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: manifestMediaType, config: { mediaType: configMediaType, ...config }, layers: [{ mediaType: layerMediaType, ...layer }] });
  return { digest: digestOf(text), mediaType: manifestMediaType, text };
}
