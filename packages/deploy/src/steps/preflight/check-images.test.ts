import { BatchGetImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import type { ImageInUse } from '../version-in-use.js';
import { checkImages } from './check-images.js';
import { question } from './question.fixture.js';

const digest = 'sha256:1';
const services = [{ serviceName: 'graasp', taskDefinition: 'graasp:7' }];
const definitions = { 'graasp:7': { family: 'graasp', revision: 7, tags: [] } };

async function running(found: Partial<ImageInUse>) {
  const images = [{ container: 'core', image: { digest }, inRepository: true, version: null, ...found }];
  return (await checkImages(testEnvironment(), question({ services, definitions, images }, { purpose: 'transition', version: null })))._unsafeUnwrap().at(-1);
}

describe('checkImages', () => {
  it('tells that what runs can be gone back to by the tag of its version', async () => {
    expect(await running({ version: 'v1.54.7' })).toEqual({ group: 'images', name: 'running core of graasp', status: 'ok', detail: `graasp@${digest} is core-v1.54.7` });
  });

  it('warns of an image in use that no version’s tag keeps, or that is gone', async () => {
    expect(await running({})).toMatchObject({
      status: 'warning',
      detail: `graasp@${digest} has no version's tag: a rule that cleans up the repository may remove it`,
      remedy: "Give it its version's tag (core-{version}) before the release: it is what is gone back to.",
    });
    expect(await running({ image: { tag: 'core-latest' }, inRepository: false })).toMatchObject({ status: 'warning', detail: 'graasp:core-latest is no longer in the repository: no task of it could start', remedy: 'Push that version again, or know that there is no way back to it.' });
  });

  it('has nothing to say of an image of another repository, or of services that cannot be read', async () => {
    expect(await running({ image: null })).toMatchObject({ status: 'skip', detail: 'it is not on an image of graasp' });
    expect((await checkImages(testEnvironment(), question({ services: null })))._unsafeUnwrap()).toEqual([{ group: 'images', name: 'images', status: 'skip', detail: 'the services could not be read' }]);
    expect((await checkImages(testEnvironment(), question({ services }, { version: null })))._unsafeUnwrap()).toMatchObject([{ status: 'skip', detail: 'no version is released' }]);
  });
});

describe('the images of a release', () => {
  const there = (architectures: readonly string[]) => ({ imageManifest: architectures.length === 0 ? '{}' : JSON.stringify({ manifests: architectures.map((architecture) => ({ digest: `sha256:${architecture}`, platform: { os: 'linux', architecture } })) }) });
  const core = { family: 'graasp', revision: 7, containerDefinitions: [{ name: 'core' }], tags: [] };

  async function wanted(architectures: readonly string[], found: Parameters<typeof question>[0] = {}) {
    const ecr = mockClient(ECRClient);
    ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{ imageDigest: digest }] });
    ecr.on(BatchGetImageCommand).resolves({ images: [there(architectures)] });
    const checks = (await checkImages(testEnvironment(), question({ services, definitions: { 'graasp:7': core }, ...found }, { purpose: 'deployment' })))._unsafeUnwrap();
    ecr.restore();
    return checks.find(({ name }) => name === 'core of graasp');
  }

  it('are there, and built for what they run on', async () => {
    expect(await wanted(['amd64'])).toEqual({ group: 'images', name: 'core of graasp', status: 'ok', detail: `graasp:core-v1.54.8 is ${digest}, for linux/amd64` });
  });

  it.each<[string, readonly string[], Parameters<typeof question>[0], object]>([
    ['built for something else', ['arm64'], {}, { status: 'failed', detail: `graasp:core-v1.54.8 is ${digest}, for linux/arm64; task definition graasp:7 runs on linux/amd64`, remedy: 'Build the image for linux/amd64 and push it again.' }],
    ['of one platform, which nothing tells', [], {}, { status: 'warning', detail: `graasp:core-v1.54.8 is ${digest}; it is of one platform, which its manifest does not tell`, remedy: 'See that it was built for linux/amd64, or push an index.' }],
    ['for a container that is not there', ['amd64'], { definitions: { 'graasp:7': { ...core, containerDefinitions: [{ name: 'app' }] } } }, { status: 'failed', detail: 'task definition graasp:7 has no container core, but app', remedy: 'Correct the name of the container in the definition.' }],
    ['for a revision that cannot be read', ['amd64'], { definitions: {} }, { status: 'skip', detail: `graasp:core-v1.54.8 is ${digest}; what it is to run in could not be read` }],
  ])('are told to be %s', async (_, architectures, found, expected) => {
    expect(await wanted(architectures, found)).toEqual({ group: 'images', name: 'core of graasp', ...expected });
  });
});
