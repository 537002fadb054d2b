import { describe, expect, it } from 'vitest';
import { definition as testDefinition } from '../environment/environment.fixture.js';
import { requireCloudFront } from './cloudfront-package.js';

const missing = () => Promise.reject(new Error("Cannot find package '@aws-sdk/client-cloudfront'"));
const gated = { ...testDefinition, maintenance: { ...testDefinition.maintenance, cloudFront: { functionName: 'maintenance', distributions: ['E1'] } } };

describe('requireCloudFront', () => {
  it('names the command that installs the package which a declared gate needs', async () => {
    expect((await requireCloudFront(gated, missing))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: ['maintenance.cloudFront needs the package @aws-sdk/client-cloudfront, which is not installed beside @graasp/deploy: npm install @aws-sdk/client-cloudfront'],
    });
  });

  it('does not ask for it without that gate, and is content where it is installed', async () => {
    expect((await requireCloudFront(testDefinition, missing)).isOk()).toBe(true);
    expect((await requireCloudFront(gated)).isOk()).toBe(true);
  });
});
