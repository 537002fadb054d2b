import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AwsCredentials, createClients } from '../../aws/clients.js';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { checkCredentials } from './check-credentials.js';
import { question } from './question.fixture.js';

const sts = mockClient(STSClient);
const later = (text: string) => new Date(`2099-01-01T${text}:00Z`);
/** It may last until 11:00. */
const from = later('10:00').getTime();
const asked = question({}, { worstCase: { from, to: later('11:00').getTime(), basis: 'an hour' } });
const secret = { accessKeyId: 'ASIAKEY', secretAccessKey: 'very-secret', sessionToken: 'also-secret' };

beforeEach(() => {
  sts.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: 'arn:x' });
});

/** What a provider gives each time it is asked; the last again and again. */
async function expiry(...given: readonly (AwsCredentials | Error)[]) {
  let times = 0;
  const credentials = () => {
    const answer = given[Math.min(times++, given.length - 1)]!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const env = testEnvironment({ internals: { clients: createClients('eu-central-1', { credentials }) } });
  const checks = (await checkCredentials(env, asked))._unsafeUnwrap();
  expect(JSON.stringify(checks)).not.toContain('secret"');
  return checks.find(({ name }) => name === 'expiry');
}

describe('checkCredentials', () => {
  it('is content with credentials that last, or do not expire', async () => {
    expect(await expiry({ ...secret, expiration: later('12:00') })).toMatchObject({ status: 'ok', detail: 'at 2099-01-01 12:00 UTC, after all that this may last' });
    expect(await expiry({ accessKeyId: 'AKIA', secretAccessKey: 'very-secret' })).toMatchObject({ status: 'ok', detail: 'they do not expire' });
  });

  it('says so where temporary credentials do not tell their end', async () => {
    expect(await expiry(secret)).toMatchObject({ status: 'skip', detail: 'they are temporary, and their provider does not tell when they end' });
  });

  it('is content when the provider gives later ones once it is asked again', async () => {
    expect(await expiry({ ...secret, expiration: later('10:30') }, { ...secret, expiration: later('10:45') })).toMatchObject({ status: 'ok', detail: 'at 2099-01-01 10:45 UTC; their provider gives others in time' });
    expect(await expiry({ ...secret, expiration: later('10:30') }, secret)).toMatchObject({ status: 'ok' });
  });

  it('is content with another session that ends in the same second, as one that was begun right after it does', async () => {
    expect(await expiry({ ...secret, expiration: later('10:30') }, { ...secret, sessionToken: 'another-secret', expiration: later('10:30') })).toMatchObject({ status: 'ok' });
  });

  it('fails when they end before, and none that last longer are given', async () => {
    const ending = { ...secret, expiration: later('10:30') };
    const failed = {
      status: 'failed',
      detail: 'at 2099-01-01 10:30 UTC, and this may last until 2099-01-01 11:00 UTC; their provider, asked again, gave none that last longer',
      remedy: 'Sign in again for longer, or run it where credentials are renewed (a role of the machine, a web identity).',
    };
    expect(await expiry(ending)).toMatchObject(failed);
    expect(await expiry(ending, Object.assign(new Error('signed out'), { name: 'CredentialsProviderError' }))).toMatchObject(failed);
  });

  it('asks nothing of credentials that are not told whose they are', async () => {
    sts.on(GetCallerIdentityCommand).rejects(Object.assign(new Error(), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } }));
    const checks = (await checkCredentials(testEnvironment(), asked))._unsafeUnwrap();
    expect(checks.map(({ name, status }) => `${status} ${name}`)).toEqual(['failed account']);
  });
});
