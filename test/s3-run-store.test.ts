import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { connect, defineRecipe, ok, resume, type RunStore, s3RunStore, type S3RunStoreOptions, setMaintenance } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeRunStore } from '../packages/deploy/src/runs/run-store.conformance.js';
import { mortal } from './mortal.js';
import { shop, shopBlueprint, startShop, startShopCloud } from './shop.js';

const bucket = 'shop-releases';
const processes = 3;

/** The store as an environment of this cloud has it. */
function storeOf(cloud: LocalCloud, options: Partial<S3RunStoreOptions> = {}): RunStore {
  return s3RunStore({ bucket, self: { actor: 'anna@laptop' }, ...options }).reachedBy!({ region: shop.region, ...cloud.connection });
}

function s3Of(cloud: LocalCloud): S3Client {
  return new S3Client({ region: shop.region, ...cloud.connection.aws, forcePathStyle: true } as object);
}

describe.each([
  { how: 'in process', http: false },
  { how: 'over HTTP', http: true },
])('s3RunStore $how', ({ http }) => {
  let cloud: LocalCloud;
  let opened = 0;
  beforeAll(async () => {
    cloud = await startShopCloud({ http, blueprint: { ...shopBlueprint, buckets: [bucket] } });
  });
  afterAll(() => cloud.stop());

  describeRunStore('every run store', () => {
    const prefix = `releases/${(opened += 1)}`;
    const handles: RunStore[] = [];
    let asked = 0;
    // a client costs more time than its requests: a few are other processes enough
    const reopen = () => (handles[(asked += 1) % processes] ??= storeOf(cloud, { prefix }));
    return { store: reopen(), reopen };
  });
});

describe('s3RunStore', () => {
  const key = 'dev/lock';
  const open = async (options: Partial<S3RunStoreOptions> = {}) => {
    const cloud = await startShopCloud({ blueprint: { ...shopBlueprint, buckets: [bucket] } });
    return { cloud, store: storeOf(cloud, options), operations: () => cloud.requests.map(({ operation }) => operation) };
  };

  it('keeps what people can read, with a last line that says who wrote it', async () => {
    const { cloud, store } = await open({ prefix: 'team/releases' });
    await store.create(key, '{\n "run": "r1"\n}');
    const object = await s3Of(cloud).send(new GetObjectCommand({ Bucket: bucket, Key: 'team/releases/dev/lock' }));
    expect(await object.Body?.transformToString()).toMatch(/^\{\n "run": "r1"\n\}\n\{"written":"2026-11-23T\S+Z 0\.\d+","by":"anna@laptop"\}\n$/);
    expect((await store.list('dev/'))._unsafeUnwrap()).toEqual([key]);
    expect(store.name).toBe('s3 shop-releases/team/releases');
  });

  it('recognises its own writes when their answers were lost', async () => {
    const { cloud, store } = await open();
    cloud.faults.add({ kind: 'lost-response', operation: 's3:PutObject', occurrence: 1 });
    const first = (await store.create(key, 'first'))._unsafeUnwrap()!;
    cloud.faults.add({ kind: 'lost-response', operation: 's3:PutObject', occurrence: 1 });
    const second = (await store.replace(key, 'second', first.etag))._unsafeUnwrap()!;
    cloud.faults.add({ kind: 'lost-response', operation: 's3:DeleteObject', occurrence: 1 });
    expect((await store.read(key))._unsafeUnwrap()).toEqual({ body: 'second', etag: second.etag });
    expect((await store.remove(key, second.etag))._unsafeUnwrap()).toBe(true);
    expect((await store.read(key))._unsafeUnwrap()).toBeNull();
  });

  it('does not take for its own removal that of somebody who was faster', async () => {
    const { store } = await open();
    const { etag } = (await store.create(key, 'first'))._unsafeUnwrap()!;
    expect((await store.remove(key, etag))._unsafeUnwrap()).toBe(true);
    expect((await store.remove(key, etag))._unsafeUnwrap()).toBe(false);
  });

  it('writes again when another request on the same object was under way, and loses only to what is there', async () => {
    const { cloud, store } = await open();
    cloud.faults.add({ kind: 's3-conflict', key });
    const { etag } = (await store.create(key, 'first'))._unsafeUnwrap()!;
    cloud.faults.add({ kind: 's3-conflict', key, times: 100 });
    expect((await store.replace(key, 'second', etag))._unsafeUnwrap()).toBeNull();
    expect((await store.read(key))._unsafeUnwrap()).toEqual({ body: 'first', etag });
  });

  it('goes on through throttling and broken connections', async () => {
    const { cloud, store } = await open();
    cloud.faults.add({ kind: 'throttle', operation: 's3:*', occurrence: 1, times: 2 });
    cloud.faults.add({ kind: 'server-error', operation: 's3:*', occurrence: 4 });
    expect((await store.create(key, 'first')).isOk()).toBe(true);
    expect((await store.read(key))._unsafeUnwrap()?.body).toBe('first');
  });

  it('says which action on which object is denied, and what else reading needs', async () => {
    const { cloud, store } = await open();
    cloud.faults.add({ kind: 'access-denied', operation: 's3:*' });
    const written = (await store.create(key, 'x'))._unsafeUnwrapErr();
    expect(written).toMatchObject({ kind: 'RunStoreFailed', store: 's3 shop-releases', cause: { name: 'AccessDenied' } });
    expect(written.message).toMatch(/^The run store \(s3 shop-releases\) could not write dev\/lock: the credentials may not s3:PutObject on \S+ in eu-central-1\.$/);
    expect(written.remedy).toMatch(/^Allow s3:PutObject on \S+ in the policy of the role or user that runs this\.$/);
    const read = (await store.read(key))._unsafeUnwrapErr();
    expect(read.remedy).toMatch(/ s3:ListBucket on the bucket is needed too: without it S3 denies an object that is not there\.$/);
  });

  it('says that there is no such bucket, and where it is named', async () => {
    const { cloud } = await open();
    const error = (await storeOf(cloud, { bucket: 'shop-relases' }).create(key, 'x'))._unsafeUnwrapErr();
    expect(error.message).toBe('The run store (s3 shop-relases) could not write dev/lock: bucket shop-relases does not exist in eu-central-1.');
    expect(error.remedy).toBe('Check the name in s3RunStore, the region, and whose credentials are in use.');
  });

  it('reaches a bucket of another region than the environment is in', async () => {
    const { cloud } = await open();
    const elsewhere = new S3Client({ region: 'eu-west-1', ...cloud.connection.aws, forcePathStyle: true } as object);
    await elsewhere.send(new CreateBucketCommand({ Bucket: 'far-away', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }));
    expect((await storeOf(cloud, { bucket: 'far-away', region: 'eu-west-1' }).create(key, 'x')).isOk()).toBe(true);
  });

  it('answers nothing before it is given to connect, which refuses one that was made wrongly', async () => {
    const { cloud } = await open();
    const early = (await s3RunStore({ bucket }).read(key))._unsafeUnwrapErr();
    expect(early).toMatchObject({ message: 'The run store (s3 shop-releases) was asked before any environment was connected with it.', remedy: 'Give it to connect, as runStore: its environments reach it with their own credentials.' });
    const wrong = { bucket: 'Shop', prefix: '/runs/', region: 'europe', self: {}, encryption: 'aws:kms' };
    const error = (await connect(shop, { ...cloud.connection, runStore: s3RunStore(wrong as never) }))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        "runStore: encryption: unknown option; known are bucket, prefix, region, self; bucket: expected the name of a bucket, got 'Shop' (string); prefix: expected folders like 'releases' or 'team/releases', got '/runs/' (string); region: expected an AWS region like 'eu-central-1', got 'europe' (string); self: expected who writes from here, such as { actor: 'anna@build-7' }, got one (object)",
      ],
    });
  });
});

const closedRules = (cloud: LocalCloud) => cloud.inspect.rules().filter(({ conditions }) => JSON.stringify(conditions).includes('http-header')).length;

describe('a run in a bucket', () => {
  const store = () => s3RunStore({ bucket, self: { actor: 'anna@laptop' } });

  it.each([3_600_000, -3_600_000])('is told from a dead one by the time of S3, whatever machines take for the time (%d ms off)', async (aheadMs) => {
    const first = await startShop({ blueprint: { buckets: [bucket] }, store: store(), aheadMs });
    const running = setMaintenance(first.env, 'on');
    const other = await first.another({ aheadMs: -aheadMs });
    const error = (await setMaintenance(other.env, 'on'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'lock', message: expect.stringMatching(/^Run \S+ \(setMaintenance, by anna@laptop\) is working on shop\. Nothing was changed\.$/) as string });
    expect((await running).isOk()).toBe(true);
    expect((await setMaintenance(other.env, 'off')).isOk()).toBe(true);
  });

  const recipe = defineRecipe('close-and-open', async function* (run, _options: object) {
    yield* run.step('close', (env) => setMaintenance(env, 'on'));
    const { maintenance } = yield* run.step('open', (env) => setMaintenance(env, 'off'));
    return ok(maintenance);
  });

  it('is finished from another machine, which has nothing of the first but the bucket', async () => {
    const { cloud } = await startShop({ blueprint: { buckets: [bucket] }, store: store() });
    const first = mortal(cloud.connection, store(), { atCall: 1, operation: 'ModifyRule', when: 'after' });
    const died = (await connect(shop, { ...first.connection, runStore: first.store }))._unsafeUnwrap();
    await Promise.race([first.died, recipe(died, {})]);
    expect(closedRules(cloud)).toBe(1);

    const env = (await connect(shop, { ...cloud.connection, runStore: s3RunStore({ bucket, self: { actor: 'ben@desktop' } }) }))._unsafeUnwrap();
    const [run = ''] = (await storeOf(cloud).list('shop/runs/'))._unsafeUnwrap();
    expect((await resume(env, recipe, run.slice('shop/runs/'.length)))._unsafeUnwrap()).toBe('off');

    expect(closedRules(cloud)).toBe(0);
    const { attempts } = JSON.parse((await storeOf(cloud).read(run))._unsafeUnwrap()!.body) as { readonly attempts: readonly { readonly by: { readonly actor: string } }[] };
    expect(attempts.map(({ by }) => by.actor)).toEqual(['anna@laptop', 'ben@desktop']);
    expect((await storeOf(cloud).list('shop/'))._unsafeUnwrap()).toEqual([run]);
  });
});
