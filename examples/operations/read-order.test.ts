import { describe, expect, it } from 'vitest';
import { readOrder } from './read-order.js';

describe('readOrder', () => {
  const right = { OPERATION: 'start', ENVIRONMENT: 'prod', RUNS_BUCKET: 'runs', RELEASE_ROLE: 'arn:aws:iam::123456789012:role/release' };

  it('takes the environment as the workflows call it', () => {
    expect(readOrder(right)._unsafeUnwrap()).toMatchObject({ environment: 'prod', definition: { name: 'production' }, bucket: 'runs' });
  });

  it('says everything that is wrong at once', () => {
    expect(readOrder({ OPERATION: 'destroy', ENVIRONMENT: 'production' })._unsafeUnwrapErr()).toMatchObject({
      kind: 'WrongOrder',
      message:
        'ENVIRONMENT: expected dev, stage, prod, got "production"; OPERATION: expected change-state, start, stop, apply-migration, deploy-core, deploy-with-migration, restore, roll-back, resume, retry-migration, reopen, release-hold, got "destroy"; RUNS_BUCKET: expected the bucket in which runs are kept, got nothing; RELEASE_ROLE: expected the ARN of the role that jobs take, got nothing',
    });
  });
});
