import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { createClients } from '../aws/clients.js';
import { type Environment, internals } from '../environment/environment.js';
import { acquireLock, type HeldLock } from './lock.js';
import { testEnvironment, type TestEnvironment } from './testing/environment.js';

const claim = { run: 'r1', recipe: 'deploy', reason: 'deploy of v1.0.0', continuedBy: 'resume' } as const;
const cloudwatch = mockClient(CloudWatchClient);
beforeEach(() => cloudwatch.reset());

function beating(changes: Partial<Environment['definition']> = { heartbeat: true }): TestEnvironment {
  const given = testEnvironment();
  const clients = createClients('eu-central-1', { credentials: () => Promise.resolve({ accessKeyId: 'a', secretAccessKey: 'b' }) });
  return { ...given, env: { ...given.env, definition: { ...given.env.definition, ...changes }, [internals]: { ...given.env[internals], clients } } };
}

const put = () => cloudwatch.commandCalls(PutMetricDataCommand).map(({ args }) => args[0].input.MetricData?.[0]?.Value);

describe('a heartbeat', () => {
  it('is put once a minute while a run has the lock, and says at its end that all is well', async () => {
    cloudwatch.on(PutMetricDataCommand).resolves({});
    const { env, clock } = beating();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await clock.advance(181);
    await lock.release();
    await clock.advance(600);
    expect(put()).toEqual([1, 1, 1, 1, 0]);
    expect(cloudwatch.commandCalls(PutMetricDataCommand)[0]?.args[0].input).toEqual({
      Namespace: 'GraaspDeploy',
      MetricData: [{ MetricName: 'RunHeartbeat', Dimensions: [{ Name: 'Environment', Value: 'dev' }], Value: 1, Unit: 'None' }],
    });
  });

  it('falls silent without an end when the lock is abandoned', async () => {
    cloudwatch.on(PutMetricDataCommand).resolves({});
    const { env, clock } = beating();
    (await acquireLock(env, claim))._unsafeUnwrap().abandon();
    await clock.advance(600);
    expect(put()).toEqual([1]);
  });

  it.each<readonly [string, (lock: HeldLock) => Promise<unknown>]>([
    ['it is left for another process to go on with', (lock) => Promise.resolve(lock.suspend('arn:execution', 900, () => okAsync(undefined)))],
    ['it ends without its lock, which another has', (lock) => (lock.lost(), Promise.resolve(lock.release()))],
  ])('falls silent, and does not say that all is well, where %s', async (_, leave) => {
    cloudwatch.on(PutMetricDataCommand).resolves({});
    const { env, clock } = beating();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await clock.advance(1);
    await leave(lock);
    await clock.advance(600);
    expect(put()).toEqual([1]);
  });

  it('is warned of again when it could be put meanwhile', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    cloudwatch.on(PutMetricDataCommand).rejectsOnce(denied).resolvesOnce({}).rejectsOnce(denied).resolves({});
    const { env, clock, events } = beating();
    await acquireLock(env, claim);
    await clock.advance(150);
    expect(events.map(({ type }) => type)).toEqual(['warning', 'warning']);
  });

  it('is not put unless the definition asks for it, nor in a plan', async () => {
    const { env } = beating({});
    await (await acquireLock(env, claim))._unsafeUnwrap().release();
    const planned = beating().env;
    await (await acquireLock({ ...planned, planning: true }, claim))._unsafeUnwrap().release();
    expect(put()).toEqual([]);
  });

  it('stops nothing when it cannot be put: it is warned of once, and put again when that is possible', async () => {
    const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
    cloudwatch.on(PutMetricDataCommand).rejectsOnce(denied).rejectsOnce(denied).resolves({});
    const { env, clock, events } = beating();
    const lock = (await acquireLock(env, claim))._unsafeUnwrap();
    await clock.advance(121);
    await lock.release();
    expect(put()).toEqual([1, 1, 1, 0]);
    expect(events).toMatchObject([
      { type: 'warning', message: 'The heartbeat of dev is missed: the credentials may not cloudwatch:PutMetricData in eu-central-1. Allow cloudwatch:PutMetricData in the policy of the role or user that runs this.' },
    ]);
  });

  it('tries three times to say that all is well, and keeps nobody waiting for an answer that does not come', async () => {
    cloudwatch.on(PutMetricDataCommand).resolvesOnce({}).rejects(new Error('down'));
    const { env, store } = beating();
    await (await acquireLock(env, claim))._unsafeUnwrap().release();
    expect(put()).toEqual([1, 0, 0, 0]);
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();

    cloudwatch.reset();
    cloudwatch.on(PutMetricDataCommand).callsFake(() => new Promise(() => undefined));
    const silent = beating();
    const released = (await acquireLock(silent.env, claim))._unsafeUnwrap().release();
    await silent.clock.advance(11);
    expect((await released).isOk()).toBe(true);
  });
});
