import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../environment/environment.fixture.js';
import { endInfrastructureLock, readInfrastructureLock, takeInfrastructureLock } from './infrastructure-lock.js';
import { acquireLock, type HeldLock } from './lock.js';
import { memoryRunStore } from './memory-run-store.js';
import { readRefusals } from './refusals.js';

const s3 = mockClient(S3Client);
beforeEach(() => s3.reset());

const infrastructureLock = { bucket: 'state', key: 'dev/terraform.tfstate' };
const claim = { run: 'r1', recipe: 'release', reason: 'release of v1.0.0', continuedBy: 'resume' } as const;
const saying = (name: string) => Object.assign(new Error(name), { name });
const object = (body: string) => ({ ETag: 'e1', Body: { transformToString: () => Promise.resolve(body) } as never });

/** An environment whose infrastructure code has a lock, and a run that has the environment. */
async function locked(more: Partial<typeof infrastructureLock & { readonly region: string }> = {}) {
  const runStore = memoryRunStore({ self: { actor: 'anna@laptop' } });
  const env = testEnvironment({ definition: { ...definition, infrastructureLock: { ...infrastructureLock, ...more } }, internals: { runStore } });
  const lock: HeldLock = (await acquireLock(env, claim))._unsafeUnwrap();
  return { env, lock, runStore };
}

describe('readInfrastructureLock', () => {
  const info = { ID: '7f', Operation: 'OperationTypeApply', Info: 'night run', Who: 'ben@desktop', Created: '2026-11-23T07:55:00Z' };

  it.each<readonly [string, string, string, string]>([
    ['what Terraform writes', JSON.stringify(info), '7f', 'locked by ben@desktop since 2026-11-23T07:55:00Z (OperationTypeApply, night run; ID 7f)'],
    ['one that says nothing more of itself', JSON.stringify({ ...info, Info: '' }), '7f', 'locked by ben@desktop since 2026-11-23T07:55:00Z (OperationTypeApply; ID 7f)'],
    ['one of which only its name is known', '{"ID":"7f"}', '7f', 'locked by somebody (ID 7f)'],
    ['other things than texts', '{"ID":7,"Who":null,"Operation":{}}', '', 'locked by somebody (ID unknown)'],
    ['null', 'null', '', 'locked by somebody (ID unknown)'],
    ['half a lock', '{"ID":"7', '', 'locked by somebody (ID unknown)'],
  ])('tells of %s who has it, since when and for what', async (_, body, id, text) => {
    s3.on(GetObjectCommand, { Bucket: 'state', Key: 'dev/terraform.tfstate.tflock' }).resolves(object(body));
    expect((await readInfrastructureLock((await locked()).env))._unsafeUnwrap()).toEqual({ id, ours: false, text });
  });

  it('knows the one that a run of this environment has taken', async () => {
    const { env, runStore } = await locked();
    await runStore.create('dev/infrastructure-lock', JSON.stringify({ ...infrastructureLock, id: '7f', run: 'r0' }));
    s3.on(GetObjectCommand).resolves(object(JSON.stringify(info)));
    expect((await readInfrastructureLock(env))._unsafeUnwrap()).toMatchObject({ ours: true });
  });

  it('is null where nobody has it, and asks nothing where none is named', async () => {
    s3.on(GetObjectCommand).rejects(saying('NoSuchKey'));
    expect((await readInfrastructureLock((await locked()).env))._unsafeUnwrap()).toBeNull();
    s3.resetHistory();
    expect((await readInfrastructureLock(testEnvironment()))._unsafeUnwrap()).toBeNull();
    expect(s3.calls()).toEqual([]);
  });

  it.each([
    [{}, 'eu-central-1'],
    [{ region: 'eu-west-1' }, 'eu-west-1'],
  ])('says, of %j, that there is no such bucket in the region, and where it is named', async (more, region) => {
    s3.on(GetObjectCommand).rejects(saying('NoSuchBucket'));
    expect((await readInfrastructureLock((await locked(more)).env))._unsafeUnwrapErr()).toMatchObject({
      message: `bucket state does not exist in ${region}`,
      remedy: 'Check the name in infrastructureLock of dev, the region, and whose credentials are in use.',
    });
  });
});

describe('readRefusals', () => {
  it('tells of the infrastructure’s lock only where it is somebody else’s', async () => {
    const { env, runStore } = await locked();
    s3.on(GetObjectCommand).resolves(object('{"ID":"7f","Who":"ben"}'));
    const ours = 'locked by run r1 (release of v1.0.0, by anna@laptop) until 2026-11-23T10:02:00.000Z';
    expect((await readRefusals(env))._unsafeUnwrap()).toEqual([ours, 'the infrastructure code is locked by ben (ID 7f)']);
    await runStore.create('dev/infrastructure-lock', JSON.stringify({ ...infrastructureLock, id: '7f', run: 'r0' }));
    expect((await readRefusals(env))._unsafeUnwrap()).toEqual([ours]);
  });
});

describe('takeInfrastructureLock', () => {
  it('writes who has it, and for what, where nobody had it; and tells later runs that it is theirs', async () => {
    s3.on(PutObjectCommand).resolves({ ETag: 'e1' });
    const { env, lock, runStore } = await locked();
    (await takeInfrastructureLock(env, lock, claim))._unsafeUnwrap();
    const { Bucket, Key, Body, IfNoneMatch } = s3.commandCalls(PutObjectCommand)[0]!.args[0].input;
    const id = '88888888-8888-4888-8888-888888888888';
    expect({ Bucket, Key, IfNoneMatch }).toEqual({ Bucket: 'state', Key: 'dev/terraform.tfstate.tflock', IfNoneMatch: '*' });
    expect(JSON.parse(Body as string)).toEqual({
      ID: id,
      Operation: 'release of v1.0.0',
      Info: 'run r1 of @graasp/deploy on dev, which gives it back at its end, and keeps it while dev is held',
      Who: 'anna@laptop',
      Version: '@graasp/deploy 0.0.0',
      Created: '2026-11-23T10:00:00.000Z',
      Path: 'state/dev/terraform.tfstate',
    });
    expect(JSON.parse((await runStore.read('dev/infrastructure-lock'))._unsafeUnwrap()!.body)).toEqual({ ...infrastructureLock, id, run: 'r1' });
  });

  it.each<readonly [string, () => void]>([
    ['taken', () => s3.on(PutObjectCommand).rejects(saying('AccessDenied'))],
    ['read', () => (s3.on(PutObjectCommand).rejects(saying('PreconditionFailed')), s3.on(GetObjectCommand).resolvesOnce(object('{"ID":"7f"}')).rejects(saying('AccessDenied')))],
  ])('says that it could not be %s', async (what, refuse) => {
    refuse();
    const { env, lock } = await locked();
    const { kind, message, remedy } = (await takeInfrastructureLock(env, lock, claim))._unsafeUnwrapErr();
    expect(kind).toBe('RunStoreFailed');
    expect(message.startsWith(`The infrastructure code's lock (s3://state/dev/terraform.tfstate.tflock) could not be ${what}: the credentials may not s3:`)).toBe(true);
    expect(message.endsWith(' in eu-central-1.')).toBe(true);
    expect(remedy).toMatch(/^Allow s3:/);
  });

  it('gives back the one of before where another is named by now', async () => {
    s3.on(PutObjectCommand).resolves({ ETag: 'e2' }).on(DeleteObjectCommand).resolves({}).on(GetObjectCommand).resolves(object('{"ID":"7f"}'));
    const { env, lock, runStore } = await locked({ key: 'other' });
    await runStore.create('dev/infrastructure-lock', JSON.stringify({ ...infrastructureLock, id: '7f', run: 'r0' }));
    (await takeInfrastructureLock(env, lock, claim))._unsafeUnwrap();
    expect(s3.commandCalls(DeleteObjectCommand).map(({ args }) => args[0].input)).toEqual([{ Bucket: 'state', Key: 'dev/terraform.tfstate.tflock', IfMatch: 'e1' }]);
    expect(JSON.parse((await runStore.read('dev/infrastructure-lock'))._unsafeUnwrap()!.body)).toMatchObject({ key: 'other', run: 'r1' });
  });

  it('takes for its own what an earlier run has taken, and keeps it known when somebody else has it by now', async () => {
    s3.on(PutObjectCommand).rejects(saying('PreconditionFailed')).on(GetObjectCommand).resolves(object('{"ID":"7f"}'));
    const { env, lock, runStore } = await locked();
    const known = { ...infrastructureLock, id: '7f', run: 'r0' };
    await runStore.create('dev/infrastructure-lock', JSON.stringify(known));
    expect((await takeInfrastructureLock(env, lock, claim)).isOk()).toBe(true);
    s3.on(GetObjectCommand).resolves(object('{"ID":"8f","Who":"ben"}'));
    expect((await takeInfrastructureLock(env, lock, claim))._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'infrastructure-lock',
      message: 'The infrastructure code of dev is locked by ben (ID 8f): s3://state/dev/terraform.tfstate.tflock. Nothing was changed.',
      remedy: 'Wait until that has ended. Only if it is sure that it has, and left the lock behind: terraform force-unlock 8f',
    });
    expect(JSON.parse((await runStore.read('dev/infrastructure-lock'))._unsafeUnwrap()!.body)).toEqual(known);
  });
});

describe('endInfrastructureLock', () => {
  const known = JSON.stringify({ ...infrastructureLock, id: '7f', run: 'r1' });

  it('leaves alone what is somebody else’s by now, and forgets its own', async () => {
    s3.on(GetObjectCommand).resolves(object('{"ID":"8f"}'));
    const { env, lock, runStore } = await locked();
    await runStore.create('dev/infrastructure-lock', known);
    (await endInfrastructureLock(env, lock))._unsafeUnwrap();
    expect(s3.commandCalls(DeleteObjectCommand)).toEqual([]);
    expect((await runStore.read('dev/infrastructure-lock'))._unsafeUnwrap()).toBeNull();
    expect(env.events).toEqual([]);
  });

  it('warns where it cannot be given back: the next run does it', async () => {
    s3.on(GetObjectCommand).resolves(object('{"ID":"7f"}')).on(DeleteObjectCommand).rejects(saying('AccessDenied'));
    const { env, lock, runStore } = await locked();
    await runStore.create('dev/infrastructure-lock', known);
    (await endInfrastructureLock(env, lock))._unsafeUnwrap();
    expect(env.events).toEqual([{ type: 'warning', message: expect.stringMatching(/^The infrastructure code of dev stays locked: The infrastructure code's lock \(s3:\/\/state\/dev\/terraform\.tfstate\.tflock\) could not be given back: the credentials may not .*\. Allow .*\. The next run of dev gives it back\.$/) as string }]);
    expect((await runStore.read('dev/infrastructure-lock'))._unsafeUnwrap()).not.toBeNull();
  });

  it('keeps it while the environment is held, and asks nothing where none was taken', async () => {
    const { env, lock, runStore } = await locked();
    (await endInfrastructureLock(env, lock))._unsafeUnwrap();
    await runStore.create('dev/infrastructure-lock', known);
    await runStore.create('dev/hold', JSON.stringify({ run: 'r1', recipe: 'deploy', reason: 'it broke', situation: { nextActions: [] } }));
    (await endInfrastructureLock(env, lock))._unsafeUnwrap();
    (await endInfrastructureLock({ ...env, planning: true }, lock))._unsafeUnwrap();
    expect([s3.calls(), env.events]).toEqual([[], []]);
    expect((await runStore.read('dev/infrastructure-lock'))._unsafeUnwrap()).not.toBeNull();
  });
});
