import { connect, type InvalidInput, memoryRunStore, transitionTo } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { account, images } from '../guide/account.js';
import { environment } from '../guide/environment.js';
import { readOrder } from './read-order.js';

afterEach(() => vi.unstubAllEnvs());

describe('readOrder', () => {
  const right = { OPERATION: 'start', ENVIRONMENT: 'prod', RUNS_BUCKET: 'runs', RELEASE_ROLE: 'arn:aws:iam::123456789012:role/release' };

  it('takes the environment as the workflows call it', () => {
    expect(readOrder(right)._unsafeUnwrap()).toMatchObject({ environment: 'prod', definition: { name: 'production' }, bucket: 'runs' });
  });

  it('says everything that is wrong at once', () => {
    expect(readOrder({ OPERATION: 'destroy', ENVIRONMENT: 'production', ACCEPT: 'everything' })._unsafeUnwrapErr()).toMatchObject({
      kind: 'WrongOrder',
      message:
        'ENVIRONMENT: expected dev, stage, prod, got "production"; OPERATION: expected change-state, start, stop, apply-migration, deploy-core, deploy-with-migration, restore, roll-back, resume, retry-migration, reopen, release-hold, got "destroy"; ACCEPT: expected nothing, retry-migration, old-code-fits, allow-other-tasks, got "everything"; RUNS_BUCKET: expected the bucket in which runs are kept, got nothing; RELEASE_ROLE: expected the ARN of the role that jobs take, got nothing',
    });
  });

  it('hands on what is accepted, which an operation that does not take it refuses', async () => {
    vi.stubEnv('MAINTENANCE_HEADER_NAME', 'x-operator');
    vi.stubEnv('MAINTENANCE_HEADER_SECRET', 'open-sesame-0123456789');
    await using cloud = await startLocalCloud({ blueprint: account, images });
    const runStore = memoryRunStore();
    const env = (await connect(environment, { ...cloud.connection, runStore }))._unsafeUnwrap();
    await transitionTo(env, 'running');
    const [key = ''] = (await runStore.list('production/runs/'))._unsafeUnwrap();
    const { outcome: _, ...journal } = JSON.parse((await runStore.read(key))._unsafeUnwrap()!.body) as Record<string, unknown>;
    await runStore.create('production/runs/of-rollBack', JSON.stringify({ ...journal, run: 'of-rollBack', recipe: 'rollBack', options: {} }));
    /** No version is given, so that nothing begins. */
    const unknown = async (operation: string, accept: string, variables = {}) => {
      const order = readOrder({ ...right, OPERATION: operation, ACCEPT: accept, REOPEN: 'manual', REASON: 'looked', ...variables })._unsafeUnwrap();
      const { problems } = (await order.operate(env))._unsafeUnwrapErr() as InvalidInput;
      return problems.flatMap((problem) => /^(\w+): unknown option/.exec(problem)?.[1] ?? []);
    };

    expect(await unknown('deploy-with-migration', 'retry-migration')).toEqual([]);
    expect(await unknown('deploy-with-migration', 'old-code-fits')).toEqual(['oldCodeFits']);
    expect(await unknown('apply-migration', 'allow-other-tasks')).toEqual([]);
    expect(await unknown('apply-migration', 'old-code-fits')).toEqual(['oldCodeFits']);
    expect(await unknown('roll-back', 'old-code-fits')).toEqual([]);
    expect(await unknown('roll-back', 'nothing')).toEqual([]);
    expect(await unknown('roll-back', 'retry-migration')).toEqual(['retryMigration']);
    expect(await unknown('reopen', 'old-code-fits')).toEqual([]);
    expect(await unknown('reopen', 'allow-other-tasks')).toEqual(['otherTasks']);
    expect(await unknown('release-hold', 'old-code-fits')).toEqual(['oldCodeFits']);
    expect(await unknown('resume', 'old-code-fits', { RUN: 'of-rollBack' })).toEqual([]);
    expect(await unknown('resume', 'allow-other-tasks', { RUN: 'of-rollBack' })).toEqual(['otherTasks']);
    expect(await unknown('retry-migration', 'allow-other-tasks', { RUN: 'of-rollBack' })).toEqual(['retryMigration', 'otherTasks']);
    expect(await unknown('roll-back', 'allow-other-tasks', { RESUME: 'of-rollBack' })).toEqual(['otherTasks']);
  });
});
