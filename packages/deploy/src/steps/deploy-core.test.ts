import { ECSClient } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { deployCore, type DeployCoreOptions } from './deploy-core.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';

const ecs = mockClient(ECSClient);

async function problemsOf(changes: Partial<EnvironmentDefinition>, options: DeployCoreOptions): Promise<readonly string[]> {
  const env = environmentInRun(recordingRun(), { definition: { ...definition, ...changes } });
  const error = (await deployCore(env, options))._unsafeUnwrapErr();
  expect(ecs.calls()).toEqual([]);
  return error.kind === 'InvalidInput' ? error.problems : [error.kind];
}

describe('deployCore', () => {
  it('reports every problem of its input before it calls anything', async () => {
    expect(await problemsOf({}, { version: 'latest', services: ['redis', 'reddis'], mutableTags: 'move' as never, timeoutSeconds: -1 })).toEqual([
      "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)",
      'timeoutSeconds: expected a positive number, got -1 (number)',
      "mutableTags: expected 'move-first' or 'leave', got 'move' (string)",
      expect.stringMatching(/^services: expected .*redis.*, got 'reddis' \(string\)$/) as string,
      "services: expected a service with release images, got 'redis' (string)",
    ]);
  });

  it('tells what a definition lacks', async () => {
    const { images: _, ...bare } = definition;
    const env = environmentInRun(recordingRun(), { definition: { ...bare, services: { redis: { role: 'application', desiredCount: 1 } } } });
    expect((await deployCore(env, { version: 'v1.54.8' }))._unsafeUnwrapErr()).toMatchObject({
      problems: [
        'images: expected the private repository of the release images in the definition, got nothing',
        'services: expected at least one service with release images in the definition, got nothing',
      ],
    });
  });

  it('asks for its input in words when it is given none', async () => {
    expect((await deployCore(environmentInRun(recordingRun()), undefined as never))._unsafeUnwrapErr()).toMatchObject({ problems: ["version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got nothing"] });
    expect((await deployCore(undefined as never, { version: 'v1.54.8' }))._unsafeUnwrapErr()).toMatchObject({ problems: ['env: expected an environment from connect(), got undefined'] });
  });

  it('needs a mutable tag for each container that retag is to move', async () => {
    expect(await problemsOf({ images: { repository: 'graasp', strategy: 'retag' } }, { version: 'v1.54.8' })).toEqual(["images.mutableTags.core: expected a mutable tag, which the strategy 'retag' moves, got nothing"]);
  });
});
