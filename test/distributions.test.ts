import { CloudFrontClient, type DistributionConfig, GetDistributionCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { connect, deployWithMigration, type Environment, type EnvironmentState, planTransition, plan, preflight, readState, resume, setMaintenance, transitionTo } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gatedWithAssets, withAssets } from './assets.js';
import { mortal } from './mortal.js';
import { nextVersion, shop, shopBlueprint, startShop, startShopCloud, type ShopProcess } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const definition = gatedWithAssets(shop);
const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start(): Promise<ShopProcess> {
  const process = await startShop({ definition, blueprint: withAssets(shopBlueprint) });
  clouds.push(process.cloud);
  return process;
}

const assets = 'E1SHOPASSETS';
const files = 'E2SHOPFILES';
const operator = { 'x-shop-operator': 'open-sesame-0123456789' };

/** What `GET /` of a host answers a visitor and an operator now: its text, or where it sends them. */
async function answers({ connection }: LocalCloud, host: string): Promise<readonly string[]> {
  const ask = async (headers: Record<string, string>) => {
    const response = await connection.fetch(`https://${host}/`, { headers, redirect: 'manual' });
    return response.headers.get('location') ?? (await response.text());
  };
  return [await ask({}), await ask(operator)];
}

function client({ connection: { aws } }: LocalCloud): CloudFrontClient {
  return new CloudFrontClient({ region: 'us-east-1', credentials: aws.credentials, ...(aws.endpoint === undefined ? { requestHandler: aws.requestHandler as never } : { endpoint: aws.endpoint }) });
}

/** Somebody else changes a distribution. */
async function changeDistribution(cloud: LocalCloud, id: string, change: (config: DistributionConfig) => DistributionConfig): Promise<void> {
  const { Distribution, ETag } = await client(cloud).send(new GetDistributionCommand({ Id: id }));
  await client(cloud).send(new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig: change(Distribution!.DistributionConfig!) }));
}

function configs(cloud: LocalCloud): unknown {
  return structuredClone(Object.fromEntries(cloud.inspect.distributions().map(({ id, config }) => [id, config])));
}

/** Somebody closes the rule of the shop by hand. */
async function closePages({ connection: { aws }, inspect }: LocalCloud): Promise<void> {
  const balancer = new ElasticLoadBalancingV2Client({ region: 'eu-central-1', credentials: aws.credentials, requestHandler: aws.requestHandler as never });
  const { ruleArn } = inspect.rules().find(({ priority }) => priority === '1')!;
  const { Rules = [] } = await balancer.send(new DescribeRulesCommand({ RuleArns: [ruleArn] }));
  const conditions = (Rules[0]?.Conditions ?? []).map(({ Values: _, ...condition }) => condition);
  const [[name, value] = ['', '']] = Object.entries(operator);
  await balancer.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: [...conditions, { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: name, Values: [value] } }] }));
}

/** `E1SHOPASSETS img/*: viewer-request maintenance`, of every behavior. */
function associations(cloud: LocalCloud): readonly string[] {
  return cloud.inspect.distributions().flatMap(({ id, config }) => {
    const { CacheBehaviors, DefaultCacheBehavior } = config as DistributionConfig;
    return [...(CacheBehaviors?.Items ?? []), { PathPattern: 'default', ...DefaultCacheBehavior! }].map(({ PathPattern, FunctionAssociations }) => {
      const items = (FunctionAssociations?.Items ?? []).map(({ EventType, FunctionARN }) => `${EventType} ${FunctionARN?.split('/').at(-1)}`);
      return `${id} ${PathPattern}: ${items.sort().join(', ') || 'none'}`;
    });
  });
}

const found = ['E1SHOPASSETS img/*: none', 'E1SHOPASSETS default: viewer-response security-headers', 'E2SHOPFILES default: none'];
const closed = ['E1SHOPASSETS img/*: viewer-request maintenance', 'E1SHOPASSETS default: viewer-request maintenance, viewer-response security-headers', 'E2SHOPFILES default: viewer-request maintenance'];

function updates({ requests }: LocalCloud): readonly string[] {
  return requests.filter(({ operation, status }) => status === 200 && /UpdateDistribution|ModifyRule/.test(operation)).map(({ operation, input }) => `${operation} ${(input as { Id?: string }).Id ?? ''}`.trim());
}

/** Once what somebody else changed is deployed. */
async function deployed(cloud: LocalCloud): Promise<void> {
  await cloud.clock.sleep(120_000);
  expect(cloud.inspect.distributions().map(({ status }) => status)).toEqual(['Deployed', 'Deployed']);
}

describe('the gate of distributions', () => {
  it('closes after the pages and opens before them, each time once every edge has the change, and keeps everything else as it was', async () => {
    const { cloud, env, events } = await start();
    const before = configs(cloud);
    const on = (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect(on.distributionsChanged).toEqual(['distribution E1SHOPASSETS (assets.shop.test)', 'distribution E2SHOPFILES (files.shop.test)']);
    expect(associations(cloud)).toEqual(closed);
    expect(cloud.inspect.distributions().map(({ status }) => status)).toEqual(['Deployed', 'Deployed']);
    expect(await answers(cloud, 'assets.shop.test')).toEqual(['https://closed.shop.test/', 'assets']);
    expect(events.filter(({ type }) => type === 'waiting')).toContainEqual(expect.objectContaining({ waitingFor: 'distributions to be closed at every edge location', seen: 'distribution E1SHOPASSETS (assets.shop.test) is InProgress; distribution E2SHOPFILES (files.shop.test) is InProgress' }));

    const off = (await setMaintenance(env, 'off'))._unsafeUnwrap();
    expect(off).toMatchObject({ maintenance: 'off', distributionsChanged: on.distributionsChanged });
    expect(configs(cloud)).toEqual(before);
    expect(await answers(cloud, 'assets.shop.test')).toEqual(['assets', 'assets']);
    expect(updates(cloud)).toEqual(['elbv2:ModifyRule', `cloudfront:UpdateDistribution ${assets}`, `cloudfront:UpdateDistribution ${files}`, `cloudfront:UpdateDistribution ${assets}`, `cloudfront:UpdateDistribution ${files}`, 'elbv2:ModifyRule']);
  });

  it('is part of the state: half closed is mixed, and says which', async () => {
    const { cloud, env } = await start();
    const close = (config: DistributionConfig): DistributionConfig => ({ ...config, CacheBehaviors: { Quantity: 1, Items: config.CacheBehaviors!.Items!.map((behavior) => ({ ...behavior, FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN: 'arn:aws:cloudfront::123456789012:function/maintenance' }] } })) } });
    await changeDistribution(cloud, assets, close);
    const state: EnvironmentState = (await readState(env))._unsafeUnwrap();
    expect(state).toMatchObject({ state: 'mixed', nearest: 'running', differences: ['distribution E1SHOPASSETS (assets.shop.test), behavior img/*: closed -> open'], gate: { maintenance: 'partly' } });
  });

  it('puts back a behavior that was closed before as it was', async () => {
    const { cloud, env } = await start();
    const close = (config: DistributionConfig): DistributionConfig => ({ ...config, CacheBehaviors: { Quantity: 1, Items: config.CacheBehaviors!.Items!.map((behavior) => ({ ...behavior, FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN: 'arn:aws:cloudfront::123456789012:function/maintenance' }] } })) } });
    await changeDistribution(cloud, assets, close);
    await deployed(cloud);
    const before = configs(cloud);
    const failed = (await deployWithMigration(env, { version: nextVersion, timeoutSeconds: { 'snapshot-db': 1 } }))._unsafeUnwrapErr();
    expect(failed.situation).toMatchObject({ step: 'snapshot-db', left: 'as-found' });
    expect(configs(cloud)).toEqual(before);
  });

  it('opens after a release the half that was open before, where the pages were closed by somebody else', async () => {
    const { cloud, env } = await start();
    await closePages(cloud);
    const { maintenance } = (await deployWithMigration(env, { version: nextVersion, reopen: 'when-verified' }))._unsafeUnwrap();
    expect(maintenance).toBe('on');
    expect(associations(cloud)).toEqual(found);
    expect(await answers(cloud, 'shop.test')).toEqual(['https://closed.shop.test:443/', 'ok']);
  });

  it('refuses before anything is changed where something else answers viewer requests', async () => {
    const { cloud, env } = await start();
    await changeDistribution(cloud, files, (config) => ({ ...config, DefaultCacheBehavior: { ...config.DefaultCacheBehavior!, LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-response', LambdaFunctionARN: 'arn:aws:lambda:us-east-1:123456789012:function:a:1' }] } } }));
    const asked = updates(cloud).length;
    const error = (await setMaintenance(env, 'on'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'Refused', rule: 'viewer-request-taken', message: 'distribution E2SHOPFILES (files.shop.test) cannot be closed: another function, or Lambda@Edge, answers viewers at default behavior. It was not changed.' });
    expect(updates(cloud)).toHaveLength(asked);
  });

  it('changes what is there now when somebody was quicker, and overwrites nothing', async () => {
    const { cloud } = await start();
    let raced = 0;
    const env = await racing(cloud, async () => void (raced++ === 0 && (await changeDistribution(cloud, assets, (config) => ({ ...config, Comment: 'theirs' })))));
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect(associations(cloud)).toEqual(closed);
    expect(configs(cloud)).toMatchObject({ [assets]: { Comment: 'theirs' } });
  });

  it('leaves it to people when somebody is quicker again, and gives the pages back', async () => {
    const { cloud } = await start();
    let raced = 0;
    const env = await racing(cloud, () => changeDistribution(cloud, assets, (config) => ({ ...config, Comment: `theirs ${(raced += 1)}` })));
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', message: 'Somebody else changed distribution E1SHOPASSETS (assets.shop.test) twice while the gate was being changed. Their changes were not overwritten.' });
    expect(associations(cloud)).toEqual(found);
    expect(configs(cloud)).toMatchObject({ [assets]: { Comment: 'theirs 2' } });
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running', hold: null });
  });

  it('gives everything back when the second distribution cannot be changed', async () => {
    const { cloud, env } = await start();
    const before = configs(cloud);
    cloud.faults.add({ kind: 'access-denied', operation: 'cloudfront:UpdateDistribution', occurrence: 2 });
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'cloudfront:UpdateDistribution' });
    expect(configs(cloud)).toEqual(before);
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'running' });
  });

  it('says what is still closed when it cannot be given back either', async () => {
    const { cloud, env } = await start();
    cloud.faults.add({ kind: 'access-denied', operation: 'cloudfront:UpdateDistribution', occurrence: 2, times: 2 });
    const error = (await setMaintenance(env, 'on'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'PartialChange', changed: ['distribution E1SHOPASSETS'], message: 'The gate could not be closed, and distribution E1SHOPASSETS could not be given back: it is still closed. rule 1 (shop.test) stays closed.' });
    expect((await readState(env))._unsafeUnwrap()).toMatchObject({ state: 'mixed', hold: { recipe: 'setMaintenance' } });
  });

  it('takes a change whose answer was lost for its own', async () => {
    const { cloud, env } = await start();
    cloud.faults.add({ kind: 'lost-response', operation: 'cloudfront:UpdateDistribution', occurrence: 1 });
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect(associations(cloud)).toEqual(closed);
  });

  describe('where reads lag behind writes', () => {
    const startStale = async (): Promise<ShopProcess> => {
      const process = await start();
      process.cloud.faults.add({ kind: 'stale-read', operation: 'cloudfront:GetDistribution', ms: 3_000, times: 1_000 });
      return process;
    };

    it('is not taken for closed before every edge location has it', async () => {
      const { cloud, env, events } = await startStale();
      (await setMaintenance(env, 'on'))._unsafeUnwrap();
      expect(cloud.inspect.distributions().map(({ status }) => status)).toEqual(['Deployed', 'Deployed']);
      expect(events.filter(({ type }) => type === 'waiting')).toContainEqual(expect.objectContaining({ seen: 'distribution E1SHOPASSETS (assets.shop.test) is not seen to be closed yet; distribution E2SHOPFILES (files.shop.test) is not seen to be closed yet' }));
    });

    it('is given back when it has just been closed', async () => {
      const { cloud, env } = await startStale();
      cloud.faults.add({ kind: 'access-denied', operation: 'cloudfront:UpdateDistribution', occurrence: 2 });
      expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied' });
      expect(associations(cloud)).toEqual(found);
    });

    it('takes a change whose answer was lost for its own', async () => {
      const { cloud, env } = await startStale();
      cloud.faults.add({ kind: 'lost-response', operation: 'cloudfront:UpdateDistribution', occurrence: 1 });
      (await setMaintenance(env, 'on'))._unsafeUnwrap();
      expect(associations(cloud)).toEqual(closed);
    });
  });

  it('ends soon when somebody opens a distribution on its way to the edge locations, and gives everything back', async () => {
    const { cloud, env } = await start();
    const open = async (): Promise<void> => {
      while (!associations(cloud).includes(closed[2]!)) await cloud.clock.sleep(1_000);
      await changeDistribution(cloud, files, (config) => ({ ...config, DefaultCacheBehavior: { ...config.DefaultCacheBehavior!, FunctionAssociations: { Quantity: 0 } } }));
    };
    const opened = open();
    const from = cloud.clock.now();
    expect((await setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', message: 'Somebody else changed distribution E2SHOPFILES (files.shop.test) right after it was closed: it is not closed any more.' });
    await opened;
    expect(cloud.clock.now() - from).toBeLessThan(180_000);
    expect(associations(cloud)).toEqual(found);
  });

  it('is closed by a resumed run whose process died between two distributions, and open after it', async () => {
    const process = await start();
    const dying = mortal(process.cloud.connection, process.store, { operation: 'UpdateDistribution', atCall: 2, when: 'before' });
    const doomed = (await connect(definition, { ...process.cloud.connection, ...dying.connection, runStore: dying.store }))._unsafeUnwrap();
    expect(await Promise.race([dying.died, deployWithMigration(doomed, { version: nextVersion, reopen: 'when-verified' })])).toBe('UpdateDistribution');
    expect(associations(process.cloud)).toEqual([...closed.slice(0, 2), found[2]]);
    await process.cloud.clock.sleep(300_000);
    const run = (await process.store.list('shop/runs/'))._unsafeUnwrap().at(-1)!.slice('shop/runs/'.length);
    const resumed = await resume(process.env, deployWithMigration, run);
    expect(resumed._unsafeUnwrap()).toMatchObject({ maintenance: 'off' });
    expect(associations(process.cloud)).toEqual(found);
    expect(process.cloud.inspect.violations).toEqual([]);
  });

  it('ends a release under which somebody opens a distribution, and closes it again', async () => {
    const { cloud, env, events } = await start();
    const push = events.push.bind(events);
    let opened: Promise<void> | undefined;
    events.push = (...added) => {
      if (added.some((event) => event.type === 'step-started' && event.step === 'await-drained')) opened = changeDistribution(cloud, files, (config) => ({ ...config, DefaultCacheBehavior: { ...config.DefaultCacheBehavior!, FunctionAssociations: { Quantity: 0 } } }));
      return push(...added);
    };
    const error = (await deployWithMigration(env, { version: nextVersion }))._unsafeUnwrapErr();
    await opened;
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', changes: ['distribution E2SHOPFILES (files.shop.test): closed -> open'] });
    expect(error.message).toContain('; closed again: distribution E2SHOPFILES');
  });

  it('is told by plans, which change nothing, and carried out by a transition', async () => {
    const { cloud, env } = await start();
    const before = updates(cloud).length;
    const planned = (await planTransition(env, 'restricted'))._unsafeUnwrap();
    expect(planned.steps.map(({ name, changes }) => [name, changes.map(({ resource, to }) => `${resource} ${to}`)])).toEqual([['gate-on', ['rule 1 (shop.test) closed', 'distribution E1SHOPASSETS (assets.shop.test) closed', 'distribution E2SHOPFILES (files.shop.test) closed']]]);
    const release = (await plan(env, deployWithMigration, { version: nextVersion, reopen: 'when-verified' }))._unsafeUnwrap();
    expect(release.steps.flatMap(({ changes }) => changes).filter(({ operation }) => operation === 'cloudfront:UpdateDistribution').map(({ to }) => to)).toEqual(['closed', 'closed', 'open', 'open']);
    expect(updates(cloud)).toHaveLength(before);

    (await transitionTo(env, 'restricted'))._unsafeUnwrap();
    expect((await readState(env))._unsafeUnwrap().state).toBe('restricted');
    expect((await planTransition(env, 'running'))._unsafeUnwrap().steps.find(({ name }) => name === 'gate-off')?.changes.map(({ resource }) => resource)).toEqual(['distribution E1SHOPASSETS (assets.shop.test)', 'distribution E2SHOPFILES (files.shop.test)', 'rule 1 (shop.test)']);
    (await transitionTo(env, 'running'))._unsafeUnwrap();
    expect(associations(cloud)).toEqual(found);
  });

  it('works over HTTP as in process', async () => {
    const cloud = await startShopCloud({ http: true, blueprint: withAssets(shopBlueprint) });
    clouds.push(cloud);
    const env = (await connect(definition, cloud.connection))._unsafeUnwrap();
    (await setMaintenance(env, 'on'))._unsafeUnwrap();
    expect(associations(cloud)).toEqual(closed);
    expect(await answers(cloud, 'files.shop.test')).toEqual(['https://closed.shop.test/', 'files']);
  });
});

/** An environment of a process before whose every update of a distribution something happens. */
async function racing(cloud: LocalCloud, act: () => Promise<void>): Promise<Environment> {
  const handler = cloud.connection.aws.requestHandler as { handle(request: { method: string; path: string }, options: unknown): Promise<unknown> };
  const requestHandler = {
    ...handler,
    handle: async (request: { method: string; path: string }, options: unknown) => {
      if (request.method === 'PUT' && request.path.includes(assets)) await act();
      return handler.handle(request, options);
    },
  };
  return (await connect(definition, { ...cloud.connection, aws: { ...cloud.connection.aws, requestHandler } }))._unsafeUnwrap();
}

describe('preflight of the gate of distributions', () => {
  const checksOf = async (env: Environment) => {
    const result = await preflight(env, { version: nextVersion });
    const checks = result.isOk() ? result.value.checks : result.error.kind === 'PreflightFailed' ? result.error.checks : [];
    return checks.filter(({ name }) => name === 'distributions' || name === 'maintenance function').map(({ name, status, detail }) => `${name} ${status}: ${detail}`);
  };

  it('finds that they can be closed, and that the function lets operators through', async () => {
    const { env } = await start();
    expect(await checksOf(env)).toEqual([
      'distributions ok: distribution E1SHOPASSETS (assets.shop.test), distribution E2SHOPFILES (files.shop.test): deployed, and can be closed',
      'maintenance function ok: maintenance is published; it answers visitors, and lets operators through',
    ]);
  });

  it('is skipped where none are declared', async () => {
    const process = await startShop();
    clouds.push(process.cloud);
    expect(await checksOf(process.env)).toEqual(['distributions skip: none declared']);
  });

  it('fails for what cannot be closed, is on its way, or is not there', async () => {
    const { cloud, env } = await start();
    await changeDistribution(cloud, files, (config) => ({ ...config, Enabled: false, DefaultCacheBehavior: { ...config.DefaultCacheBehavior!, FunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-request', FunctionARN: 'arn:aws:cloudfront::123456789012:function/security-headers' }] } } }));
    const other = (await connect({ ...definition, maintenance: { ...definition.maintenance, cloudFront: { functionName: 'nothing', distributions: ['E3NOTHING'] } } }, cloud.connection))._unsafeUnwrap();
    expect(await checksOf(env)).toEqual([
      'distributions failed: distribution E2SHOPFILES (files.shop.test) is disabled',
      'distributions failed: distribution E2SHOPFILES (files.shop.test) is InProgress',
      'distributions failed: distribution E2SHOPFILES (files.shop.test): something else answers viewer requests at default behavior',
      'maintenance function ok: maintenance is published; it answers visitors, and lets operators through',
    ]);
    expect(await checksOf(other)).toEqual([
      'distributions failed: distribution E3NOTHING does not exist in CloudFront of account 123456789012',
      'maintenance function failed: published CloudFront function nothing does not exist in CloudFront of account 123456789012',
    ]);
  });

  it('fails for a function that turns operators away', async () => {
    const { cloud } = await start();
    const other = (await connect({ ...definition, maintenance: { ...definition.maintenance, cloudFront: { functionName: 'security-headers', distributions: [assets] } } }, cloud.connection))._unsafeUnwrap();
    expect((await checksOf(other)).at(-1)).toBe('maintenance function failed: security-headers turns operators away as well, or fails');
  });
});
