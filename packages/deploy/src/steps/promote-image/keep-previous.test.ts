import { BatchGetImageCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { keepTags } from '../../aws/repository-tags.fixture.js';
import { keepPrevious } from './keep-previous.js';
import type { SourceImage } from './source-image.js';

const [ecs, ecr] = [mockClient(ECSClient), mockClient(ECRClient)];
const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const tags = new Map<string, string>();
const published = { digest: 'sha256:new', parsed: { kind: 'index', manifests: [{ digest: 'sha256:new-arm' }] } };

/** service -> digest that its revision names; null: of another repository */
function running(digests: Readonly<Record<string, string | null>>): SourceImage {
  ecs.on(DescribeServicesCommand).callsFake(({ services: [serviceName] = [] }: { services?: string[] }) => ({ services: [{ serviceName, taskDefinition: serviceName }] }));
  ecs.on(DescribeTaskDefinitionCommand).callsFake(({ taskDefinition = '' }: { taskDefinition?: string }) => {
    const digest = digests[taskDefinition] ?? null;
    return { taskDefinition: { containerDefinitions: [{ name: 'core', image: digest === null ? 'nginx:1' : `${host}/graasp@${digest}` }] } };
  });
  return { tag: 'core-v2.0.0', previousTag: 'core-previous', runsIn: Object.keys(digests).map((service) => ({ service, container: 'core' })), root: published, platforms: null } as unknown as SourceImage;
}

async function keep(image: SourceImage) {
  const env = environmentInRun(recordingRun());
  return { env, kept: (await keepPrevious(env, 'graasp', image, 60))._unsafeUnwrap(), put: ecr.commandCalls(PutImageCommand).map(({ args }) => args[0].input) };
}

beforeEach(() => {
  ecs.reset();
  ecr.reset();
  tags.clear();
  keepTags(ecr, tags);
  ecr.on(BatchGetImageCommand).callsFake(({ imageIds: [image] }: { imageIds: { imageDigest: string }[] }) => ({ images: image!.imageDigest === 'sha256:gone' ? [] : [{ imageManifest: `manifest of ${image!.imageDigest}`, imageManifestMediaType: 'type' }] }));
});

describe('keepPrevious', () => {
  it('tags what runs now, and tells why', async () => {
    tags.set('core-previous', 'sha256:older');
    const { env, kept, put } = await keep(running({ graasp: 'sha256:old' }));
    expect(kept).toEqual({ tag: 'core-previous', digest: 'sha256:old', from: 'sha256:older' });
    expect(put).toEqual([{ repositoryName: 'graasp', imageManifest: 'manifest of sha256:old', imageTag: 'core-previous', imageManifestMediaType: 'type', imageDigest: 'sha256:old' }]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'tag graasp:core-previous', from: 'sha256:older', to: 'sha256:old', operation: 'ecr:PutImage', why: 'core of graasp runs it, and it has to stay there to go back to' });
  });

  it('leaves a tag that is on it already', async () => {
    tags.set('core-previous', 'sha256:old');
    expect(await keep(running({ graasp: 'sha256:old' }))).toMatchObject({ kept: { tag: 'core-previous', digest: 'sha256:old', from: 'sha256:old' }, put: [] });
  });

  it.each([
    ['runs the version already', 'sha256:new'],
    ['runs one platform of the version already', 'sha256:new-arm'],
    ['is on an image of another repository', null],
  ])('keeps nothing where what is released %s', async (_, digest) => {
    expect(await keep(running({ graasp: digest }))).toMatchObject({ kept: null, put: [] });
    expect(await keep(running({}))).toMatchObject({ kept: null });
  });

  it('goes on with the next service where one runs the version already, or what is gone', async () => {
    expect((await keep(running({ graasp: 'sha256:new', worker: 'sha256:old', other: 'sha256:older' }))).kept).toMatchObject({ digest: 'sha256:old' });
    const { env, kept } = await keep(running({ graasp: 'sha256:gone', worker: 'sha256:old' }));
    expect(kept).toMatchObject({ digest: 'sha256:old' });
    expect(env.events).toContainEqual({ type: 'warning', message: 'core of graasp runs sha256:gone, which the repository graasp no longer has: there is no way back to it' });
  });
});
