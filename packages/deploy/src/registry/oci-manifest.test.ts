import { describe, expect, it } from 'vitest';
import { parseManifest } from './oci-manifest.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = 'application/vnd.oci.image.manifest.v1+json';
const index = 'application/vnd.docker.distribution.manifest.list.v2+json';
const parse = (manifest: unknown, mediaType = image) => parseManifest(typeof manifest === 'string' ? manifest : JSON.stringify(manifest), mediaType);

describe('parseManifest', () => {
  it('reads configuration and layers of an image, without those that no registry takes', () => {
    const layers = [{ digest: digest('b'), size: 2, mediaType: 'layer' }, { digest: digest('c'), size: 3, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', urls: ['https://mcr.microsoft.com'] }];
    expect(parse({ config: { digest: digest('a'), size: 1, mediaType: 'config' }, layers })._unsafeUnwrap()).toEqual({
      kind: 'image',
      blobs: [{ digest: digest('a'), size: 1, mediaType: 'config', platform: null }, { digest: digest('b'), size: 2, mediaType: 'layer', platform: null }],
    });
  });

  it('reads the images of an index, of either kind', () => {
    const manifests = [{ digest: digest('a'), size: 1, mediaType: image, platform: { os: 'linux', architecture: 'arm64' } }];
    expect(parse({ manifests }, index)._unsafeUnwrap()).toEqual({ kind: 'index', manifests: [{ digest: digest('a'), size: 1, mediaType: image, platform: 'linux/arm64' }] });
  });

  it.each([
    ['{', image, 'it is no JSON'],
    [{}, 'application/vnd.docker.distribution.manifest.v1+prettyjws', 'its media type is application/vnd.docker.distribution.manifest.v1+prettyjws'],
    [{}, '', 'its media type is not given'],
    [{}, index, 'it has no list of what it refers to'],
    [{}, image, 'it refers to something by what is no SHA-256 digest'],
    [{ config: { digest: '../../../v2/other', size: 1 } }, image, 'it refers to something by what is no SHA-256 digest'],
    [{ config: { digest: digest('a'), size: -1 } }, image, `it does not say how large ${digest('a')} is`],
    [{ config: { digest: digest('a') } }, image, `it does not say how large ${digest('a')} is`],
  ])('says what is wrong with %j', (manifest, mediaType, problem) => {
    expect(parse(manifest, mediaType)._unsafeUnwrapErr()).toBe(problem);
  });
});
