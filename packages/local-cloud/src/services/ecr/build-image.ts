import type { ImageDeclaration } from '../../blueprint.js';
import { sha256 } from './sha256.js';

export const indexMediaType = 'application/vnd.oci.image.index.v1+json';
export const manifestMediaType = 'application/vnd.oci.image.manifest.v1+json';
const configMediaType = 'application/vnd.oci.image.config.v1+json';
const layerMediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** A manifest as its registry keeps it: the text is what its digest is of. */
export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly text: string;
}

/** An index with a manifest for each platform, and the configurations that these refer to, by digest. */
export interface BuiltImage {
  readonly index: Manifest;
  readonly manifests: readonly { readonly manifest: Manifest; readonly platform: string }[];
  readonly configs: ReadonlyMap<string, string>;
}

export const defaultPlatforms = ['linux/amd64', 'linux/arm64'];

/** The same declaration always gives the same bytes; another reference, or anything else in it, others. */
export function buildImage(declaration: ImageDeclaration): BuiltImage {
  const configs = new Map<string, string>();
  const manifests = (declaration.platforms ?? defaultPlatforms).map((platform) => {
    const config = configOf(declaration, platform);
    configs.set(digestOf(config), config);
    return { platform, manifest: manifestOf(declaration, platform, config) };
  });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: indexMediaType,
    manifests: manifests.map(({ manifest, platform }) => ({ mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.text.length, platform: platformOf(platform) })),
  });
  return { index: { digest: digestOf(text), mediaType: indexMediaType, text }, manifests, configs };
}

export function digestOf(text: string): string {
  return `sha256:${sha256(text)}`;
}

function platformOf(platform: string): { readonly architecture: string; readonly os: string } {
  const [os = 'linux', architecture = 'amd64'] = platform.split('/');
  return { architecture, os };
}

function configOf(declaration: ImageDeclaration, platform: string): string {
  const labels = { 'org.opencontainers.image.ref.name': declaration.reference, 'org.graasp.local-cloud': JSON.stringify({ process: declaration.process, model: declaration.model }) };
  return JSON.stringify({ ...platformOf(platform), config: { Labels: labels }, rootfs: { type: 'layers', diff_ids: [digestOf(`layer of ${declaration.reference} for ${platform}`)] } });
}

function manifestOf(declaration: ImageDeclaration, platform: string, config: string): Manifest {
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestMediaType,
    config: { mediaType: configMediaType, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: layerMediaType, digest: digestOf(`compressed layer of ${declaration.reference} for ${platform}`), size: 52_428_800 }],
  });
  return { digest: digestOf(text), mediaType: manifestMediaType, text };
}
