import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { privateRepository } from './registry.js';

const ecr = mockClient(ECRClient);
let given = 0;

beforeEach(() => {
  ecr.reset();
  given = 0;
});

describe('privateRepository', () => {
  const env = testEnvironment();
  const answer = () => ({ authorizationData: [{ authorizationToken: `token-${(given += 1)}`, proxyEndpoint: 'https://registry.test/', expiresAt: new Date(env.clock.now() + 3_600_000) }] });
  const tokens = async (...asked: ReturnType<ReturnType<typeof privateRepository>['access']>[]) => (await Promise.all(asked)).map((got) => got._unsafeUnwrap().authorization?.reveal());

  it('asks once for all, again shortly before the end, and again when it is not accepted', async () => {
    ecr.on(GetAuthorizationTokenCommand).callsFake(answer);
    const repository = privateRepository('graasp');
    expect(await tokens(repository.access(env), repository.access(env))).toEqual(['Basic token-1', 'Basic token-1']);
    env.clock.time += 3_541_000;
    expect(await tokens(repository.access(env), repository.access(env))).toEqual(['Basic token-2', 'Basic token-2']);
    repository.forget((await repository.access(env))._unsafeUnwrap());
    expect(await tokens(repository.access(env), repository.access(env))).toEqual(['Basic token-3', 'Basic token-3']);
  });

  it('asks again after an error', async () => {
    ecr.on(GetAuthorizationTokenCommand).rejectsOnce(Object.assign(new Error('no'), { name: 'AccessDeniedException' })).callsFake(answer);
    const repository = privateRepository('graasp');
    expect((await repository.access(env))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'ecr:GetAuthorizationToken' });
    expect(await tokens(repository.access(env))).toEqual(['Basic token-1']);
  });

  it('is Unexpected where AWS gives none', async () => {
    ecr.on(GetAuthorizationTokenCommand).resolves({ authorizationData: [] });
    expect((await privateRepository('graasp').access(env))._unsafeUnwrapErr().kind).toBe('Unexpected');
  });
});
