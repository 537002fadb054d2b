import { DescribeTaskDefinitionCommand, ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { planOptions, testEnvironment } from '../environment/environment.fixture.js';
import type { TaggedTaskDefinition } from '../aws/ecs.js';
import { reviseTaskDefinition } from './revise-task-definition.js';

const ecs = mockClient(ECSClient);
const arn = (revision: number) => `arn:aws:ecs:eu-central-1:123456789012:task-definition/graasp:${revision}`;
const current: TaggedTaskDefinition = {
  taskDefinitionArn: arn(4),
  family: 'graasp',
  revision: 4,
  status: 'ACTIVE',
  registeredAt: new Date(0),
  registeredBy: 'terraform',
  requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
  compatibilities: ['FARGATE'],
  cpu: '1024',
  volumes: [],
  containerDefinitions: [{ name: 'core', image: 'graasp:core-latest', secrets: [{ name: 'DB', valueFrom: 'arn:secret' }] }, { name: 'nudenet', image: 'graasp:nudenet-latest' }],
  tags: [{ key: 'team', value: 'graasp' }, { key: 'aws:ecs:x', value: 'y' }],
};
const revision = { images: { core: 'graasp@sha256:new' }, version: 'v1.54.8' };
const wanted = {
  family: 'graasp',
  cpu: '1024',
  volumes: [],
  containerDefinitions: [{ name: 'core', image: 'graasp@sha256:new', secrets: [{ name: 'DB', valueFrom: 'arn:secret' }] }, { name: 'nudenet', image: 'graasp:nudenet-latest' }],
  tags: [{ key: 'team', value: 'graasp' }, { key: 'graasp-deploy:version', value: 'v1.54.8' }],
};

beforeEach(() => {
  ecs.reset();
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: current, tags: [...current.tags!] });
  ecs.on(RegisterTaskDefinitionCommand).resolves({ taskDefinition: { taskDefinitionArn: arn(5) } });
});

describe('reviseTaskDefinition', () => {
  it('changes images of the release and the version’s mark, and nothing else', async () => {
    expect((await reviseTaskDefinition(testEnvironment(), current, revision))._unsafeUnwrap()).toBe(arn(5));
    expect(ecs.commandCalls(RegisterTaskDefinitionCommand)[0]!.args[0].input).toEqual(wanted);
  });

  it('registers nothing when the revision in use is that already', async () => {
    const { tags, ...content } = wanted;
    const deployed = { ...current, ...content, tags: [...tags].reverse().reverse() };
    expect((await reviseTaskDefinition(testEnvironment(), deployed, revision))._unsafeUnwrap()).toBe(arn(4));
    expect(ecs.calls()).toEqual([]);
  });

  it('uses the latest revision when an interrupted run has registered it', async () => {
    const { tags, ...content } = wanted;
    ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { ...current, ...content, taskDefinitionArn: arn(5), revision: 5 }, tags });
    expect((await reviseTaskDefinition(testEnvironment(), current, revision))._unsafeUnwrap()).toBe(arn(5));
    expect(ecs.commandCalls(RegisterTaskDefinitionCommand)).toEqual([]);
  });

  it('tells in a plan what it would register', async () => {
    const env = testEnvironment(planOptions());
    expect((await reviseTaskDefinition(env, current, revision))._unsafeUnwrap()).toBe('arn:aws:ecs:eu-central-1:123456789012:task-definition/graasp:next');
    expect(env.events).toEqual([
      { type: 'change', planned: true, resource: 'task definition graasp', from: 'revision 4 (graasp:core-latest)', to: 'a revision with graasp@sha256:new', operation: 'ecs:RegisterTaskDefinition', why: 'the image of the release, everything else as it is' },
    ]);
    expect(ecs.commandCalls(RegisterTaskDefinitionCommand)).toEqual([]);
  });
});
