import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { createSts } from './sts.js';
import { startAt, testService } from './test-service.js';

function start(): STSClient {
  const service = testService();
  return new STSClient(service.configurationFor('sts', createSts(service.context).operations));
}

describe('GetCallerIdentity', () => {
  it('says whose account it is', async () => {
    expect(await start().send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/rehearsal' });
  });
});

describe('AssumeRoleWithWebIdentity', () => {
  const tokenFor = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/=/g, '')}.x`;
  const input = { RoleArn: 'arn:aws:iam::123456789012:role/deployment/release', RoleSessionName: 'run-1', WebIdentityToken: tokenFor({ aud: 'sts.amazonaws.com', sub: 'repo:graasp/deploy:environment:dev' }) };

  it('gives who brings a token a session of the role, another each time', async () => {
    const sts = start();
    const first = await sts.send(new AssumeRoleWithWebIdentityCommand({ ...input, DurationSeconds: 900 }));
    expect(first).toMatchObject({
      Credentials: { AccessKeyId: 'ASIALOCALCLOUD000001', Expiration: new Date(startAt + 900_000) },
      SubjectFromWebIdentityToken: 'repo:graasp/deploy:environment:dev',
      AssumedRoleUser: { Arn: 'arn:aws:sts::123456789012:assumed-role/release/run-1' },
    });
    const second = await sts.send(new AssumeRoleWithWebIdentityCommand(input));
    expect(second.Credentials).toMatchObject({ AccessKeyId: 'ASIALOCALCLOUD000002', Expiration: new Date(startAt + 3_600_000) });
  });

  it.each([
    ['made for somebody else', { WebIdentityToken: tokenFor({ aud: 'https://github.com/graasp' }) }, 'InvalidIdentityTokenException'],
    ['that is none', { WebIdentityToken: 'ghs_012345' }, 'InvalidIdentityTokenException'],
    ['for a session that is longer than any role allows', { DurationSeconds: 43_201 }, 'ValidationError'],
    ['for a role of another account', { RoleArn: 'arn:aws:iam::210987654321:role/release' }, 'AccessDenied'],
  ])('refuses a token %s', async (_, changes, name) => {
    await expect(start().send(new AssumeRoleWithWebIdentityCommand({ ...input, ...changes }))).rejects.toMatchObject({ name });
  });
});
