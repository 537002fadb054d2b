import { connect, defineEnvironment, defineRecipe, deployCore, deployWithMigration, deployWithoutMigration, type DeployEvent, type Environment, memoryRunStore, ok, plan, preflight, promoteImage, resume, type RunStore } from '@graasp/deploy';
import { type Fault, type ImageDeclaration, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { BatchDeleteImageCommand, DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterEach, describe, expect, it } from 'vitest';
import { mortal } from './mortal.js';
import { nextVersion, shop, shopBlueprint, shopImages } from './shop.js';

const published = 'public.ecr.aws/shopkeepers/shop';
const promotable = defineEnvironment({ ...shop, images: { ...shop.images!, source: { registry: 'public.ecr.aws', repository: 'shopkeepers/shop' } } });
const names = ['web', 'jobs', 'migrate'] as const;

/** The next version is published, and nothing of it is in the private repository. */
const images: readonly ImageDeclaration[] = [
  ...shopImages.filter(({ reference }) => !reference.includes(nextVersion)),
  ...shopImages.filter(({ reference }) => reference.includes(nextVersion)).map((image) => ({ ...image, reference: image.reference.replace('shop:', `${published}:`) })),
];

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

interface Promoter {
  readonly cloud: LocalCloud;
  readonly env: Environment<'web' | 'jobs' | 'office'>;
  readonly events: DeployEvent[];
  /** The image that each tag is on. */
  tags(): Promise<Readonly<Record<string, string>>>;
  /** How often an operation was asked for, with which outcomes. */
  answers(operation: string): readonly (string | number)[];
}

interface Setting {
  readonly faults?: readonly Fault[];
  readonly store?: RunStore;
  readonly fetch?: (inner: typeof fetch) => typeof fetch;
  readonly signal?: AbortSignal;
}

async function start(setting: Setting = {}): Promise<Promoter & { readonly crashed: Promise<void> }> {
  let crash: () => void = () => undefined;
  const crashed = new Promise<void>((resolve) => (crash = resolve));
  const cloud = await startLocalCloud({ blueprint: shopBlueprint, images, faults: setting.faults ?? [], onCrashCaller: () => crash() });
  clouds.push(cloud);
  return { ...(await promoter(cloud, setting)), crashed };
}

async function promoter(cloud: LocalCloud, { store = memoryRunStore(), fetch, signal }: Setting = {}): Promise<Promoter> {
  const events: DeployEvent[] = [];
  const connected = await connect(promotable, { ...cloud.connection, ...(fetch === undefined ? {} : { fetch: fetch(cloud.connection.fetch) }), runStore: store, signal, reporters: [{ report: (event) => void events.push(event) }] });
  const client = new ECRClient({ ...(cloud.connection.aws as object), region: 'eu-central-1' });
  return {
    cloud,
    env: connected._unsafeUnwrap(),
    events,
    async tags() {
      const { imageDetails = [] } = await client.send(new DescribeImagesCommand({ repositoryName: 'shop' }));
      return Object.fromEntries<string>(imageDetails.flatMap(({ imageTags = [], imageDigest = '' }) => imageTags.map((tag) => [tag, imageDigest] as const)).sort());
    },
    answers: (operation) => cloud.requests.filter((request) => request.operation === operation).map(({ status, error }) => error ?? status),
  };
}

const operations = ['ecr:InitiateLayerUpload', 'ecr:CompleteLayerUpload', 'ecr:PutImage', 'ecr-public:GetBlob', 'ecr-public:GetManifest'] as const;

describe('promoteImage', () => {
  it('copies every image of the version with both platforms, keeps what runs, and leaves the mutable tags alone', async () => {
    const { env, tags, events, cloud, answers } = await start();
    const before = await tags();

    const report = (await promoteImage(env, { version: nextVersion }))._unsafeUnwrap();

    const after = await tags();
    const tagged = Object.fromEntries(report.images.map(({ tag, digest }) => [tag, digest]));
    expect(report.images).toEqual(names.map((name) => ({ tag: `${name}-v2.0.0`, digest: expect.stringMatching(/^sha256:/) as string, platforms: ['linux/amd64', 'linux/arm64'], from: null })));
    expect(report.previous).toEqual(['web', 'jobs'].map((name) => ({ tag: `${name}-previous`, digest: before[`${name}-latest`], from: null })));
    expect(after).toEqual({ ...before, ...tagged, 'web-previous': before['web-latest'], 'jobs-previous': before['jobs-latest'] });
    expect(report.copied).toEqual({ blobs: 12, manifests: 9, bytes: expect.any(Number) as number });
    expect(report.summary).toMatch(/^web-v2\.0\.0, jobs-v2\.0\.0, migrate-v2\.0\.0: \d+\.\d kB copied$/);
    expect(answers('ecr:CompleteLayerUpload')).toEqual(Array(12).fill(200 + 1));

    const waits = events.flatMap((event) => (event.type === 'waiting' ? [event] : [])).filter(({ waitingFor }) => waitingFor === 'the images to be copied');
    expect(waits.at(-1)).toMatchObject({ progress: 1, seen: expect.stringMatching(/ kB, 12 of 12 blobs$/) as string });
    expect(JSON.stringify([events, report])).not.toMatch(/rehearsal|anonymous-caller|Basic |Bearer /);
    expect(cloud.inspect.visits).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run-succeeded' });
  });

  it('promotes what a release then deploys', async () => {
    const { env, cloud } = await start();
    const released = defineRecipe('release', async function* (run, _: object) {
      const promoted = yield* run.step('promote-image', (env) => promoteImage(env, { version: nextVersion }));
      yield* run.step('deploy-core', (env) => deployCore(env, { version: nextVersion, services: ['jobs'] }));
      return ok(promoted.images);
    });
    const planned = (await plan(env, released, {}))._unsafeUnwrap();
    expect(planned.steps.map(({ name, changes }) => [name, changes.map(({ resource }) => resource.replace(/@.*/, ''))])).toEqual([
      ['promote-image', ['tag shop:web-previous', 'tag shop:jobs-previous', 'the private repository shop', 'tag shop:web-v2.0.0', 'tag shop:jobs-v2.0.0', 'tag shop:migrate-v2.0.0']],
      ['deploy-core', expect.arrayContaining([expect.stringContaining('jobs')]) as string[]],
    ]);
    expect(planned.steps[0]?.changes[2]?.to).toMatch(/^12 blobs \(\d+\.\d kB\) and 9 manifests of public\.ecr\.aws\/shopkeepers\/shop$/);
    expect(cloud.requests.some(({ operation }) => operation === 'ecr:InitiateLayerUpload' || operation === 'ecr:PutImage')).toBe(false);

    const images = (await released(env, {}))._unsafeUnwrap();
    expect(cloud.inspect.tasks().filter(({ group, lastStatus }) => group === 'service:jobs' && lastStatus === 'RUNNING').map(({ containers }) => containers[0]?.imageDigest)).toEqual([images[1]?.digest]);
  });

  it('asks for nothing twice: a second call finds everything there', async () => {
    const { env, cloud, tags } = await start();
    await promoteImage(env, { version: nextVersion });
    const [before, asked] = [await tags(), cloud.requests.length];

    const again = (await promoteImage(env, { version: nextVersion }))._unsafeUnwrap();

    expect(again.copied).toEqual({ blobs: 0, manifests: 0, bytes: 0 });
    expect(again.images.map(({ digest, from }) => digest === from)).toEqual([true, true, true]);
    expect(again.summary).toBe('web-v2.0.0, jobs-v2.0.0, migrate-v2.0.0: all there already');
    expect(cloud.requests.slice(asked).map(({ operation }) => operation).filter((operation) => operations.slice(0, 4).includes(operation as never))).toEqual([]);
    expect(await tags()).toEqual(before);
  });

  it.each([1, 5, 12])('goes on where it was killed at the end of blob %i', async (blob) => {
    let dead = false;
    const never = () => new Promise<Response>(() => undefined);
    const first = await start({ fetch: (inner) => (input, init) => (dead ? never() : inner(input, init)), faults: [{ kind: 'crash-caller', operation: 'ecr:CompleteLayerUpload', occurrence: blob }] });
    void promoteImage(first.env, { version: nextVersion, blobsAtOnce: 1 }).then(() => undefined);
    await first.crashed;
    dead = true;

    // with a store of its own: the lock of the one that was killed is not what this is about
    const second = await promoter(first.cloud);
    const report = (await promoteImage(second.env, { version: nextVersion }))._unsafeUnwrap();

    expect(report.copied.blobs).toBe(12 - blob);
    expect(second.answers('ecr:CompleteLayerUpload')).toHaveLength(12);
  });

  it.each([2, 4])('is resumed by another process when its own died at its PutImage number %i', async (atCall) => {
    const { cloud, tags } = await start();
    const released = defineRecipe('release', async function* (run, _: object) {
      return ok(yield* run.step('promote-image', (env) => promoteImage(env, { version: nextVersion })));
    });
    const disk = memoryRunStore();
    const doomed = mortal(cloud.connection, disk, { operation: 'PutImage', atCall, when: 'after' });
    const first = (await connect(promotable, { ...doomed.connection, runStore: doomed.store }))._unsafeUnwrap();
    await Promise.race([doomed.died, released(first, {})]);

    const [run = ''] = (await disk.list('shop/runs/'))._unsafeUnwrap();
    const report = (await resume((await promoter(cloud, { store: disk })).env, released, run.slice('shop/runs/'.length)))._unsafeUnwrap();
    expect(await tags()).toMatchObject(Object.fromEntries([...report.images, ...report.previous].map(({ tag, digest }) => [tag, digest])));
    expect(report.copied.blobs).toBe(atCall === 2 ? 12 : 0);
  });

  it('ends where it is aborted, and goes on when called again', async () => {
    const abort = new AbortController();
    let uploads = 0;
    const counting: Setting['fetch'] = (inner) => (input, init) => {
      if (init?.method === 'POST' && (uploads += 1) === 4) abort.abort();
      return inner(input, init);
    };
    const { env, cloud, tags } = await start({ fetch: counting });
    expect((await promoteImage(env, { version: nextVersion, signal: abort.signal, blobsAtOnce: 1 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted' });
    expect(Object.keys(await tags()).filter((tag) => tag.includes(nextVersion))).toEqual([]);
    expect((await promoteImage((await promoter(cloud)).env, { version: nextVersion }))._unsafeUnwrap().copied.blobs).toBe(9);
  });

  it.each(operations)('survives a lost answer, a throttle and a broken service at %s', async (operation) => {
    const { env, tags, events } = await start({
      faults: [
        { kind: 'lost-response', operation, occurrence: 1 },
        { kind: 'throttle', operation, occurrence: 3, times: 2 },
        { kind: 'server-error', operation, occurrence: 6 },
      ],
    });
    const report = (await promoteImage(env, { version: nextVersion }))._unsafeUnwrap();
    expect(await tags()).toMatchObject(Object.fromEntries(report.images.map(({ tag, digest }) => [tag, digest])));
    expect(events.filter(({ type }) => type === 'run-failed')).toEqual([]);
  });

  // one at a time: which of several copies meets a fault is a matter of chance, and none is let in a third time
  it.each([
    ['ecr-public:GetManifest', 2, 'ecr-public:GetToken'],
    ['ecr-public:GetBlob', 5, 'ecr-public:GetToken'],
    ['ecr:BatchCheckLayerAvailability', 3, 'ecr:GetAuthorizationToken'],
    ['ecr:CompleteLayerUpload', 2, 'ecr:GetAuthorizationToken'],
  ])('is let in again when a token has ended at %s number %i', async (operation, occurrence, token) => {
    const { env, answers } = await start({ faults: [{ kind: 'expired-credentials', operation, occurrence }] });
    expect((await promoteImage(env, { version: nextVersion })).isOk()).toBe(true);
    expect(answers(token).length).toBeGreaterThanOrEqual(2);
  });

  it.each([
    ['ecr:InitiateLayerUpload', 'ecr:InitiateLayerUpload'],
    ['ecr:CompleteLayerUpload', 'ecr:CompleteLayerUpload'],
    ['ecr:BatchCheckLayerAvailability', 'ecr:BatchCheckLayerAvailability'],
    ['ecr:GetAuthorizationToken', 'ecr:GetAuthorizationToken'],
    ['ecr:PutImage', 'ecr:PutImage'],
  ])('names the permission that is missing at %s', async (operation, action) => {
    const { env, tags } = await start({ faults: [{ kind: 'access-denied', operation }] });
    expect((await promoteImage(env, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action, remedy: expect.stringContaining(`Allow ${action}`) as string });
    expect(Object.keys(await tags()).filter((tag) => tag.includes(nextVersion))).toEqual([]);
  });

  it('says that what is copied has to be public', async () => {
    const { env } = await start({ faults: [{ kind: 'access-denied', operation: 'ecr-public:GetManifest' }] });
    expect((await promoteImage(env, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'pull', resource: 'public.ecr.aws/shopkeepers/shop:web-v2.0.0', message: 'nobody may pull of public.ecr.aws/shopkeepers/shop:web-v2.0.0 without credentials: Not authorized' });
  });

  it('names tag and registry of a version that was not published, and changes nothing', async () => {
    const { env, tags, events } = await start();
    const before = await tags();
    expect((await promoteImage(env, { version: 'v9.9.9' }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'image', name: 'public.ecr.aws/shopkeepers/shop:web-v9.9.9', message: 'image public.ecr.aws/shopkeepers/shop:web-v9.9.9 does not exist' });
    expect(await tags()).toEqual(before);
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', situation: { left: 'untouched' } });
  });

  it('refuses to move a version’s tag to another image, names both, and moves it when told', async () => {
    const { env, cloud, tags } = await start();
    const { digest: own } = cloud.pushImage({ reference: 'shop:jobs-v2.0.0', model: { kind: 'server', version: 'built by hand' } });
    const refused = (await promoteImage(env, { version: nextVersion }))._unsafeUnwrapErr();
    expect(refused).toMatchObject({ kind: 'Refused', rule: 'tag-of-another-image', lift: 'replace' });
    expect(refused.message).toMatch(new RegExp(`^a version's tag is not moved to another image: jobs-v2\\.0\\.0 is ${own} in the private repository shop, and sha256:[0-9a-f]{64} in public\\.ecr\\.aws/shopkeepers/shop\\. Nothing was changed\\.$`));
    expect(Object.keys(await tags())).not.toContain('web-previous');

    const report = (await promoteImage(env, { version: nextVersion, replace: true }))._unsafeUnwrap();
    expect(report.images[1]).toMatchObject({ tag: 'jobs-v2.0.0', from: own });
    expect((await tags())['jobs-v2.0.0']).toBe(report.images[1]?.digest);
  });

  it('keeps the tag of what ran before, once the version runs', async () => {
    const { env, tags } = await start();
    await promoteImage(env, { version: nextVersion });
    const { 'jobs-previous': before } = await tags();
    (await deployCore(env, { version: nextVersion, services: ['jobs'] }))._unsafeUnwrap();
    expect((await promoteImage(env, { version: nextVersion }))._unsafeUnwrap().previous.map(({ tag }) => tag)).toEqual(['web-previous']);
    expect((await tags())['jobs-previous']).toBe(before);
  });

  it('tags nothing when a blob is not what its digest says', async () => {
    const spoiling: Setting['fetch'] = (inner) => async (input, init) => {
      const response = await inner(input, init);
      const url = input instanceof Request ? input.url : input.toString();
      if (!url.includes('public.ecr.aws') || !url.includes('/blobs/')) return response;
      const content = new Uint8Array(await response.arrayBuffer());
      content[0] = 255 - (content[0] ?? 0);
      return new Response(content);
    };
    const { env, tags, events } = await start({ fetch: spoiling });
    expect((await promoteImage(env, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', operation: 'ecr:CompleteLayerUpload', code: 'DIGEST_INVALID' });
    expect(Object.keys(await tags()).filter((tag) => tag.includes(nextVersion))).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run-failed', situation: { left: 'untouched' } });
  });

  it('pushes no manifest that is not what its digest says', async () => {
    const spoiling: Setting['fetch'] = (inner) => async (input, init) => {
      const response = await inner(input, init);
      const url = input instanceof Request ? input.url : input.toString();
      if (!url.includes('public.ecr.aws') || !url.includes('/manifests/sha256:')) return response;
      return new Response(`${await response.text()} `, { headers: response.headers });
    };
    const { env, answers } = await start({ fetch: spoiling });
    expect((await promoteImage(env, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'DIGEST_INVALID' });
    // of what runs, which came before: two tags
    expect(answers('ecr:PutImage')).toEqual([200, 200]);
  });

  it('warns of a service whose image is gone, and promotes', async () => {
    const { env, events, cloud } = await start();
    const client = new ECRClient({ ...(cloud.connection.aws as object), region: 'eu-central-1' });
    await client.send(new BatchDeleteImageCommand({ repositoryName: 'shop', imageIds: [{ imageTag: 'jobs-latest' }, { imageTag: 'jobs-v1.0.0' }] }));
    expect((await promoteImage(env, { version: nextVersion }))._unsafeUnwrap().previous.map(({ tag }) => tag)).toEqual(['web-previous']);
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ message: expect.stringMatching(/^jobs of jobs runs sha256:[0-9a-f]{64}, which the repository shop no longer has: there is no way back to it$/) as string }]);
  });

  it('is out of time where a registry answers too slowly', async () => {
    const { env } = await start({ faults: [{ kind: 'delay', operation: 'ecr:CompleteLayerUpload', ms: 50_000 }] });
    expect((await promoteImage(env, { version: nextVersion, timeoutSeconds: 120, blobsAtOnce: 1 }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', timeoutSeconds: 120, waitingFor: 'the images of v2.0.0 to be copied', lastSeen: expect.stringMatching(/ kB, 2 of 12 blobs$/) as string });
  });

  it('tells everything that is wrong with what it is given', async () => {
    const { env } = await start();
    expect((await promoteImage(env, { version: 'latest', replace: 'yes' as never, blobsAtOnce: 0, force: true } as never))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'force: unknown option; known are version, replace, blobsAtOnce, timeoutSeconds, signal',
        "version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got 'latest' (string)",
        "replace: expected a boolean, got 'yes' (string)",
        'blobsAtOnce: expected a whole number from 1 to 16, got 0 (number)',
      ],
    });
  });
});

describe('a release of a version that is published alone', () => {
  const options = { version: nextVersion, reopen: 'when-verified', settledSeconds: 60 } as const;
  const gateCalls = (cloud: LocalCloud) => cloud.requests.filter(({ operation }) => operation === 'elbv2:ModifyRule');
  const stepsOf = (events: readonly DeployEvent[]) => events.flatMap((event) => (event.type === 'step-succeeded' ? [event.step] : []));

  it('copies its images before a visitor is turned away, and runs from them', async () => {
    const { env, events, cloud, tags } = await start();
    (await deployWithMigration(env, options))._unsafeUnwrap();
    expect(stepsOf(events).slice(0, 3)).toEqual(['preflight', 'promote-image', 'gate-on']);
    expect(events.find(({ type }) => type === 'run-started')).toMatchObject({ steps: stepsOf(events) });
    const called = cloud.requests.map(({ operation }) => operation);
    expect(called.lastIndexOf('ecr:CompleteLayerUpload')).toBeLessThan(called.indexOf('elbv2:ModifyRule'));
    const running = cloud.inspect.tasks().filter(({ group, lastStatus }) => group === 'service:jobs' && lastStatus === 'RUNNING');
    expect(running.map(({ containers }) => containers[0]?.imageDigest)).toEqual([(await tags())['jobs-v2.0.0']]);
  });

  it('is planned with what would be copied, and copies nothing', async () => {
    const { env, cloud } = await start();
    const planned = (await plan(env, deployWithMigration, options))._unsafeUnwrap();
    expect(planned.steps.slice(0, 3).map(({ name }) => name)).toEqual(['preflight', 'promote-image', 'gate-on']);
    expect(planned.steps[1]?.changes.map(({ resource }) => resource)).toContain('tag shop:migrate-v2.0.0');
    expect(planned.steps.find(({ name }) => name === 'deploy-core')?.changes.length).toBeGreaterThan(0);
    expect(cloud.requests.some(({ operation }) => operation === 'ecr:InitiateLayerUpload')).toBe(false);
  });

  it('passes the checks of images with what is published, and none that fits its tasks not', async () => {
    const { env, cloud } = await start();
    const look = async () => (await preflight(env, { version: nextVersion })).match(({ checks }) => checks, (error) => (error.kind === 'PreflightFailed' ? error.checks : []));
    const jobs = (checks: Awaited<ReturnType<typeof look>>) => checks.find(({ name }) => name === 'jobs of jobs');
    expect(jobs(await look())).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^public\.ecr\.aws\/shopkeepers\/shop:jobs-v2\.0\.0 is sha256:[0-9a-f]{64}, for linux\/arm64; it is copied to shop first$/) as string });
    cloud.pushImage({ reference: `${published}:jobs-v2.0.0`, platforms: ['linux/amd64'], model: { kind: 'server', version: nextVersion } });
    expect(jobs(await look())).toMatchObject({ status: 'failed', detail: expect.stringContaining(', for linux/amd64; task definition jobs:1 runs on linux/arm64') as string });
    cloud.pushImage({ reference: 'shop:jobs-v2.0.0', model: { kind: 'server', version: 'built by hand' } });
    expect(jobs(await look())).toMatchObject({ status: 'failed', detail: expect.stringMatching(/^jobs-v2\.0\.0 is sha256:\S+ in shop, and sha256:\S+ in public\.ecr\.aws\/shopkeepers\/shop$/) as string });
  });

  it('begins nothing with a version that was not published', async () => {
    const { env, cloud, tags } = await start();
    const before = await tags();
    const error = (await deployWithMigration(env, { ...options, version: 'v9.9.9' }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'PreflightFailed', situation: { left: 'untouched' }, remedy: expect.stringContaining('web of web: Publish the version first, or check images.source') as string });
    expect([await tags(), gateCalls(cloud)]).toEqual([before, []]);
  });

  it.each(['with a migration', 'without one'])('%s leaves no hold and no closed gate when the images cannot be copied', async (way) => {
    const { env, cloud } = await start({ faults: [{ kind: 'access-denied', operation: 'ecr:InitiateLayerUpload' }] });
    const released = way === 'without one' ? await deployWithoutMigration(env, { version: nextVersion, to: 'restricted' }) : await deployWithMigration(env, options);
    expect(released._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'ecr:InitiateLayerUpload', situation: { step: 'promote-image', left: 'untouched', maintenance: 'off' } });
    expect(gateCalls(cloud)).toEqual([]);
  });

  it('leaves no hold either when it is aborted while images are copied', async () => {
    const abort = new AbortController();
    const { env, cloud } = await start({ signal: abort.signal, fetch: (inner) => (input, init) => {
      if (init?.method === 'POST') abort.abort();
      return inner(input, init);
    } });
    expect((await deployWithMigration(env, options))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', situation: { step: 'promote-image', left: 'untouched' } });
    expect(gateCalls(cloud)).toEqual([]);
  });

  it('takes a mended migration once it is promoted in place of the broken one, while the environment is held', async () => {
    const broken: ImageDeclaration = { reference: `${published}:migrate-v2.0.0`, model: { kind: 'migration', from: 'another', to: 'two', seconds: 5 } };
    const { cloud, tags } = await start();
    const disk = memoryRunStore();
    cloud.pushImage(broken);
    const { env } = await promoter(cloud, { store: disk });
    const failed = (await deployWithMigration(env, options))._unsafeUnwrapErr();
    expect(failed).toMatchObject({ kind: 'MigrationFailed', schema: 'untouched', situation: { left: 'hold' } });
    const run = failed.runId ?? '';
    const { 'migrate-v2.0.0': copied } = await tags();
    cloud.pushImage({ ...broken, model: { kind: 'migration', from: 'one', to: 'two', seconds: 5 } });
    const retry = async () => resume((await promoter(cloud, { store: disk })).env, deployWithMigration, run, { retryMigration: true });

    expect((await retry())._unsafeUnwrapErr()).toMatchObject({ kind: 'MigrationFailed', schema: 'untouched' });
    expect((await tags())['migrate-v2.0.0']).toBe(copied);
    const later = (await promoter(cloud, { store: disk })).env;
    expect((await promoteImage(later, { version: nextVersion }))._unsafeUnwrapErr()).toMatchObject({ kind: 'Refused', rule: 'tag-of-another-image' });
    (await promoteImage(later, { version: nextVersion, replace: true }))._unsafeUnwrap();
    (await retry())._unsafeUnwrap();
  });

  it('asks no registry again when it is resumed later on', async () => {
    const { cloud } = await start();
    const disk = memoryRunStore();
    const doomed = mortal(cloud.connection, disk, { operation: 'CreateDBSnapshot', atCall: 1, when: 'after' });
    await Promise.race([doomed.died, deployWithMigration((await connect(promotable, { ...doomed.connection, runStore: doomed.store }))._unsafeUnwrap(), options)]);
    const copied = cloud.requests.filter(({ operation }) => operation.startsWith('ecr-public:')).length;
    const [run = ''] = (await disk.list('shop/runs/'))._unsafeUnwrap();
    (await resume((await promoter(cloud, { store: disk })).env, deployWithMigration, run.slice('shop/runs/'.length)))._unsafeUnwrap();
    expect(cloud.requests.filter(({ operation }) => operation.startsWith('ecr-public:'))).toHaveLength(copied);
  });
});
