import { BatchGetImageCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { definition } from '../environment/environment.fixture.js';
import { moveTags, moveTagsIfAny } from './move-tags.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { keepTags } from '../aws/repository-tags.fixture.js';

const ecr = mockClient(ECRClient);
const tags = new Map<string, string>();
const digestOf = (tag: string) => `sha256:${tag}`;

beforeEach(() => {
  ecr.reset();
  tags.clear();
  keepTags(ecr, tags);
  ecr.on(BatchGetImageCommand).callsFake(({ imageIds: [image] }: { imageIds: { imageTag: string }[] }) => ({ images: [{ imageManifest: `manifest of ${image!.imageTag}`, imageId: { imageDigest: digestOf(image!.imageTag) } }] }));
});

function inRun(mutableTags: Readonly<Record<string, string>>, changes: Partial<EnvironmentDefinition> = {}) {
  return environmentInRun(recordingRun(), { definition: { ...definition, images: { repository: 'graasp', mutableTags }, ...changes } });
}

const put = () => ecr.commandCalls(PutImageCommand).map(({ args: [{ input }] }) => [input.imageTag, input.imageManifest]);

describe('moveTags', () => {
  it('finds a container’s image by the service that releases it, else by the migration, and leaves others', async () => {
    const env = inRun({ core: 'core-latest', migrate: 'migrate-latest', nudenet: 'nudenet-latest' });
    expect((await moveTags(env, 'v2.0.0'))._unsafeUnwrap().moved).toEqual([
      { tag: 'core-latest', digest: digestOf('core-v2.0.0'), from: null },
      { tag: 'migrate-latest', digest: digestOf('migrate-v2.0.0'), from: null },
    ]);
    expect(put()).toEqual([['core-latest', 'manifest of core-v2.0.0'], ['migrate-latest', 'manifest of migrate-v2.0.0']]);
  });

  it('knows the migration’s container by its own name where the definition gives one, and by no other', async () => {
    const migration = { ...definition.migration!, container: 'runner' };
    expect((await moveTags(inRun({ runner: 'migrate-latest', migrate: 'other' }, { migration }), 'v2.0.0'))._unsafeUnwrap().moved).toEqual([{ tag: 'migrate-latest', digest: digestOf('migrate-v2.0.0'), from: null }]);
    const { migration: _, ...without } = definition;
    const env = environmentInRun(recordingRun(), { definition: { ...without, images: { repository: 'graasp', mutableTags: { migrate: 'migrate-latest' } } } });
    expect((await moveTags(env, 'v2.0.0'))._unsafeUnwrap().moved).toEqual([]);
  });

  it('takes a service’s container before a migration’s of the same name', async () => {
    const migration = { ...definition.migration!, container: 'core' };
    expect((await moveTags(inRun({ core: 'core-latest' }, { migration }), 'v2.0.0'))._unsafeUnwrap().moved).toEqual([{ tag: 'core-latest', digest: digestOf('core-v2.0.0'), from: null }]);
  });

  it('leaves a tag that is there already', async () => {
    tags.set('core-latest', digestOf('core-v2.0.0'));
    const env = inRun({ core: 'core-latest' });
    expect((await moveTags(env, 'v2.0.0'))._unsafeUnwrap()).toEqual({ moved: [] });
    expect(put()).toEqual([]);
    expect(env.events).toEqual([]);
  });

  it('tells why a tag is moved, and from where', async () => {
    tags.set('core-latest', 'sha256:old');
    const env = inRun({ core: 'core-latest' });
    expect((await moveTags(env, 'v2.0.0')).isOk()).toBe(true);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'tag graasp:core-latest', from: 'sha256:old', to: digestOf('core-v2.0.0'), operation: 'ecr:PutImage', why: 'whatever starts from this tag is to run core-v2.0.0' });
  });

  it('gives each tag a minute, unless it is told otherwise', async () => {
    ecr.on(PutImageCommand).resolves({});
    expect((await moveTags(inRun({ core: 'core-latest' }), 'v2.0.0'))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 60 });
    expect((await moveTags(inRun({ core: 'core-latest' }), 'v2.0.0', { timeoutSeconds: 7 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 7 });
  });
});

describe('moveTagsIfAny', () => {
  it('moves none where the definition has none, and asks nothing', async () => {
    expect((await moveTagsIfAny(environmentInRun(recordingRun()), 'v2.0.0', {}))._unsafeUnwrap()).toEqual({ moved: [] });
    expect(ecr.calls()).toEqual([]);
    expect((await moveTagsIfAny(inRun({ core: 'core-latest' }), 'v2.0.0', {}))._unsafeUnwrap().moved).toHaveLength(1);
  });
});
