import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { connect, defineRecipe, failure, ok, plan, preflight, releaseHold, resume, setMaintenance } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { describe, expect, it } from 'vitest';
import { mortal } from './mortal.js';
import { shop, startShop } from './shop.js';

const bucket = 'shop-state';
const lockKey = 'prod/terraform.tfstate.tflock';
const definition = { infrastructureLock: { bucket, key: 'prod/terraform.tfstate' } };
const theirs = {
  ID: '7f1a2b3c-0000-4000-8000-000000000001',
  Operation: 'OperationTypeApply',
  Info: '',
  Who: 'ben@desktop',
  Version: '1.12.2',
  Created: '2026-11-23T07:55:00.123456Z',
  Path: 'shop-state/prod/terraform.tfstate',
};

const start = () => startShop({ blueprint: { buckets: [bucket] }, definition: { ...shop, ...definition } });
const s3Of = (cloud: LocalCloud) => new S3Client({ region: shop.region, ...cloud.connection.aws, forcePathStyle: true } as object);
const object = { Bucket: bucket, Key: lockKey };
const lockBy = (cloud: LocalCloud, info: unknown) => s3Of(cloud).send(new PutObjectCommand({ ...object, Body: typeof info === 'string' ? info : JSON.stringify(info), IfNoneMatch: '*' }));

async function lockIn(cloud: LocalCloud): Promise<Readonly<Record<string, string>> | null> {
  const found = await s3Of(cloud).send(new GetObjectCommand(object)).catch(() => null);
  return found === null ? null : (JSON.parse((await found.Body?.transformToString()) ?? '') as Record<string, string>);
}

/** Closes the gate, then fails or goes on. */
let fails = false;
const recipe = defineRecipe('close-and-open', async function* (run, _options: object) {
  yield* run.step('close', (env) => setMaintenance(env, 'on'));
  if (fails) yield* failure('NotToday', { message: 'not today', remedy: 'Tomorrow.' });
  yield* run.step('open', (env) => setMaintenance(env, 'off'));
  return ok('opened');
});

/** An error of one's own in a body is given its run when the run ends. */
const runOf = (error: object) => (error as { readonly runId: string }).runId;

describe('infrastructureLock', () => {
  it('is taken before the first change, as Terraform takes it, and given back at the end', async () => {
    const { cloud, env, store } = await start();
    let during: Awaited<ReturnType<typeof lockIn>> = null;
    const looking = defineRecipe('look', async function* (run, _options: object) {
      yield* run.step('close', (stepEnv) => setMaintenance(stepEnv, 'on'));
      during = await lockIn(cloud);
      return ok(run.id);
    });
    const run = (await looking(env, {}))._unsafeUnwrap();

    expect(during).toEqual({
      ID: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/) as string,
      Operation: 'look',
      Info: `run ${run} of @graasp/deploy on shop, which gives it back at its end, and keeps it while shop is held`,
      Who: 'anna@laptop',
      Version: '@graasp/deploy 0.0.0',
      Created: expect.stringMatching(/^2026-11-23T.*Z$/) as string,
      Path: 'shop-state/prod/terraform.tfstate',
    });
    const operations = cloud.requests.map(({ operation }) => operation);
    expect(operations.indexOf('s3:PutObject')).toBeLessThan(operations.indexOf('elbv2:ModifyRule'));
    expect(await lockIn(cloud)).toBeNull();
    expect((await store.list('shop/infrastructure-lock'))._unsafeUnwrap()).toEqual([]);
  });

  it('of a person is told from that of a run: nothing is changed, and it stays', async () => {
    const { cloud, env, store } = await start();
    await lockBy(cloud, theirs);
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'infrastructure-lock',
      message: 'The infrastructure code of shop is locked by ben@desktop since 2026-11-23T07:55:00.123456Z (OperationTypeApply; ID 7f1a2b3c-0000-4000-8000-000000000001): s3://shop-state/prod/terraform.tfstate.tflock. Nothing was changed.',
      remedy: 'Wait until that has ended. Only if it is sure that it has, and left the lock behind: terraform force-unlock 7f1a2b3c-0000-4000-8000-000000000001',
    });
    expect(await lockIn(cloud)).toEqual(theirs);
    expect(cloud.requests.filter(({ operation }) => operation === 'elbv2:ModifyRule')).toEqual([]);
    expect((await store.list('shop/'))._unsafeUnwrap()).toEqual([]);
  });

  it('is respected whatever stands in it', async () => {
    const { cloud, env } = await start();
    await lockBy(cloud, 'half a lock');
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({ reason: 'infrastructure-lock', message: expect.stringContaining('is locked by somebody (ID unknown)') as string });
  });

  it('is kept through a hold, gone on with by resume, and given back when that has ended', async () => {
    const { cloud, env, another } = await start();
    fails = true;
    const held = (await recipe(env, {}))._unsafeUnwrapErr();
    fails = false;
    const kept = await lockIn(cloud);
    expect(kept).toMatchObject({ Operation: 'close-and-open' });
    const conflict = (await setMaintenance(env, 'off'))._unsafeUnwrapErr();
    expect(conflict).toMatchObject({ kind: 'Conflict', reason: 'hold' });

    expect((await resume((await another()).env, recipe, runOf(held)))._unsafeUnwrap()).toBe('opened');
    expect(await lockIn(cloud)).toBeNull();
  });

  it('is given back by releaseHold', async () => {
    const { cloud, env } = await start();
    fails = true;
    const held = (await recipe(env, {}))._unsafeUnwrapErr();
    fails = false;
    (await releaseHold(env, { run: runOf(held), reason: 'looked at it' }))._unsafeUnwrap();
    expect(await lockIn(cloud)).toBeNull();
  });

  it('that a person has taken away during a hold, and taken themselves, is theirs: resume changes nothing, and the hold stays', async () => {
    const { cloud, env, store } = await start();
    fails = true;
    const held = (await recipe(env, {}))._unsafeUnwrapErr();
    fails = false;
    await s3Of(cloud).send(new DeleteObjectCommand(object));
    await lockBy(cloud, theirs);

    expect((await resume(env, recipe, runOf(held)))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'infrastructure-lock' });
    expect((await store.list('shop/hold'))._unsafeUnwrap()).toEqual(['shop/hold']);
    (await releaseHold(env, { run: runOf(held), reason: 'they go on' }))._unsafeUnwrap();
    expect(await lockIn(cloud)).toEqual(theirs);
  });

  it.each(['before', 'after'] as const)('is recognised when the run died %s it was written', async (when) => {
    const { cloud, store, another } = await start();
    const first = mortal(cloud.connection, store, { atCall: 1, operation: `PUT /${bucket}/${lockKey}`, when });
    const died = (await connect({ ...shop, ...definition }, { ...first.connection, runStore: first.store }))._unsafeUnwrap();
    await Promise.race([first.died, recipe(died, {})]);
    expect((await lockIn(cloud)) === null).toBe(when === 'before');
    const { run } = JSON.parse((await store.read('shop/lock'))._unsafeUnwrap()!.body) as { readonly run: string };

    await cloud.clock.sleep(121_000);
    const { env } = await another();
    (await releaseHold(env, { run, reason: 'it had not begun' }))._unsafeUnwrap();
    expect(await lockIn(cloud)).toBeNull();
    expect((await recipe(env, {})).isOk()).toBe(true);
  });

  it('that is a person’s by now keeps a dead run from being resumed, and others from beginning beside what it has left', async () => {
    const { cloud, store, another } = await start();
    const first = mortal(cloud.connection, store, { atCall: 1, operation: 'ModifyRule', when: 'after' });
    const died = (await connect({ ...shop, ...definition }, { ...first.connection, runStore: first.store }))._unsafeUnwrap();
    await Promise.race([first.died, recipe(died, {})]);
    const { run } = JSON.parse((await store.read('shop/lock'))._unsafeUnwrap()!.body) as { readonly run: string };
    await s3Of(cloud).send(new DeleteObjectCommand(object));
    await lockBy(cloud, theirs);

    await cloud.clock.sleep(121_000);
    const { env } = await another();
    expect((await resume(env, recipe, run))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'infrastructure-lock' });
    expect((await setMaintenance(env, 'off'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'lock', holder: run });

    await s3Of(cloud).send(new DeleteObjectCommand(object));
    expect((await resume(env, recipe, run))._unsafeUnwrap()).toBe('opened');
    expect(await lockIn(cloud)).toBeNull();
  });

  it('is recognised when the answer to its writing was lost', async () => {
    const { cloud, env } = await start();
    cloud.faults.add({ kind: 'lost-response', operation: 's3:PutObject', occurrence: 1 });
    expect((await recipe(env, {})).isOk()).toBe(true);
    expect(await lockIn(cloud)).toBeNull();
  });

  it('that cannot be given back is warned of, and the next run gives it back', async () => {
    const { cloud, env, events } = await start();
    cloud.faults.add({ kind: 'access-denied', operation: 's3:DeleteObject', occurrence: 1 });
    expect((await recipe(env, {})).isOk()).toBe(true);
    const warning = events.find(({ type }) => type === 'warning');
    expect(warning).toMatchObject({ message: expect.stringMatching(/^The infrastructure code of shop stays locked: The infrastructure code's lock \(s3:\/\/shop-state\/prod\/terraform\.tfstate\.tflock\) could not be given back: the credentials may not s3:DeleteObject .* The next run of shop gives it back\.$/) as string });
    const left = await lockIn(cloud);
    expect(left).toMatchObject({ Operation: 'close-and-open' });
    expect((await recipe(env, {})).isOk()).toBe(true);
    expect(await lockIn(cloud)).toBeNull();
  });

  it('that cannot be taken stops the run before it changes anything', async () => {
    const { cloud, env, store } = await start();
    cloud.faults.add({ kind: 'access-denied', operation: 's3:PutObject' });
    const error = (await recipe(env, {}))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'RunStoreFailed', store: 's3://shop-state/prod/terraform.tfstate.tflock', situation: { left: 'untouched' } });
    expect((await store.list('shop/lock'))._unsafeUnwrap()).toEqual([]);
  });

  it('is not taken by a plan, which tells who has it', async () => {
    const { cloud, env } = await start();
    await lockBy(cloud, theirs);
    expect((await plan(env, recipe, {}))._unsafeUnwrap().refusals).toEqual([
      'the infrastructure code is locked by ben@desktop since 2026-11-23T07:55:00.123456Z (OperationTypeApply; ID 7f1a2b3c-0000-4000-8000-000000000001)',
    ]);
  });
});

describe('preflight', () => {
  const infrastructureCheck = async (env: Parameters<typeof preflight>[0]) => {
    const looked = await preflight(env, { for: 'transition' });
    const checks = looked.isOk() ? looked.value.checks : 'checks' in looked.error ? looked.error.checks : [];
    return checks.find(({ name }) => name === 'infrastructure code');
  };

  it('warns where no lock of the infrastructure code is named', async () => {
    const { env } = await startShop();
    expect(await infrastructureCheck(env)).toMatchObject({ status: 'warning', remedy: expect.stringMatching(/^Name its state in the definition \(infrastructureLock\), or see that nobody applies it/) as string });
  });

  it('tells whether somebody has it', async () => {
    const { cloud, env } = await start();
    expect(await infrastructureCheck(env)).toMatchObject({ status: 'ok', detail: 'nobody has its lock' });
    await lockBy(cloud, theirs);
    expect(await infrastructureCheck(env)).toMatchObject({ status: 'failed', detail: expect.stringMatching(/^locked by ben@desktop since /) as string, remedy: expect.stringContaining('terraform force-unlock 7f1a2b3c') as string });
  });

  it('takes the lock of its own run for right', async () => {
    const { env } = await start();
    const looking = defineRecipe('look', async function* (run, _options: object) {
      const report = yield* run.step('preflight', (stepEnv) => preflight(stepEnv, { for: 'transition' }));
      return ok(report.checks.find(({ name }) => name === 'infrastructure code'));
    });
    expect((await looking(env, {}))._unsafeUnwrap()).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^locked by anna@laptop since \S+ \(look, run \S+ of @graasp\/deploy on shop, /) as string });
  });
});
