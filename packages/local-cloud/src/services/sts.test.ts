import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { createSts } from './sts.js';
import { testService } from './test-service.js';

describe('GetCallerIdentity', () => {
  it('says whose account it is', async () => {
    const service = testService();
    const client = new STSClient(service.configurationFor('sts', createSts(service.context).operations));

    expect(await client.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/rehearsal' });
  });
});
