import { BatchGetImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { runningDigest } from './running-digest.js';

const [ecs, ecr] = [mockClient(ECSClient), mockClient(ECRClient)];
const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const place = { service: 'graasp', container: 'core' };

/** The service's revision names `image`; its tasks have pulled `pulled`. */
function setUp(image: string, pulled: readonly { readonly revision: string; readonly digest: string }[] = []) {
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', taskDefinition: 'graasp:7' }] });
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: [{ name: 'core', image }] } });
  ecs.on(ListTasksCommand).resolves({ taskArns: pulled.map((_, index) => `task-${index}`) });
  ecs.on(DescribeTasksCommand).resolves({ tasks: pulled.map(({ revision, digest }, index) => ({ taskArn: `task-${index}`, taskDefinitionArn: revision, containers: [{ name: 'core', imageDigest: digest }] })) });
  ecr.on(DescribeImagesCommand).resolves({ imageDetails: [{ imageDigest: 'sha256:index' }] });
  ecr.on(BatchGetImageCommand).resolves({ images: [{ imageManifest: JSON.stringify({ manifests: [{ digest: 'sha256:arm', platform: { os: 'linux', architecture: 'arm64' } }] }) }] });
  return runningDigest(testEnvironment(), 'graasp', place);
}

beforeEach(() => {
  ecs.reset();
  ecr.reset();
});

describe('runningDigest', () => {
  it('is the digest that the revision names', async () => {
    expect((await setUp(`${host}/graasp@sha256:pinned`))._unsafeUnwrap()).toBe('sha256:pinned');
    expect(ecs.commandCalls(ListTasksCommand)).toHaveLength(0);
  });

  it('is the index of what tasks have pulled, where the tag is still on it', async () => {
    expect((await setUp(`${host}/graasp:core-latest`, [{ revision: 'graasp:7', digest: 'sha256:arm' }]))._unsafeUnwrap()).toBe('sha256:index');
  });

  it('is what tasks of the revision have pulled, where the tag has moved since', async () => {
    expect((await setUp(`${host}/graasp:core-latest`, [{ revision: 'graasp:6', digest: 'sha256:older' }, { revision: 'graasp:7', digest: 'sha256:before' }]))._unsafeUnwrap()).toBe('sha256:before');
  });

  it('is what tasks would pull, where none runs', async () => {
    expect((await setUp(`${host}/graasp:core-latest`))._unsafeUnwrap()).toBe('sha256:index');
  });

  it.each(['graasp/graasp:core', 'public.ecr.aws/alias/graasp:core', `${host}/other:core`])('is none of this repository’s for %s', async (image) => {
    expect((await setUp(image))._unsafeUnwrap()).toBeNull();
  });

  it('is none where there is no such service', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [] });
    expect((await runningDigest(testEnvironment(), 'graasp', place))._unsafeUnwrap()).toBeNull();
  });
});
