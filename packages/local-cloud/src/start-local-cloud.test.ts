import { DescribeScalableTargetsCommand, ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient, ListClustersCommand, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeLoadBalancersCommand, DescribeRulesCommand, DescribeTargetGroupsCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateDBSnapshotCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterEach, describe, expect, it } from 'vitest';
import type { Blueprint, ImageDeclaration, ModelRequest } from './blueprint.js';
import type { FrontPageState } from './hosts/front-page-state.js';
import type { LocalCloud, LocalCloudOptions } from './local-cloud.js';
import { startLocalCloud } from './start-local-cloud.js';
import { clientsOf, eventually, network, service, smallBlueprint, smallImages, startSmallCloud } from './test-cloud.js';

const running: LocalCloud[] = [];
afterEach(() => Promise.all(running.splice(0).map((cloud) => cloud.stop())));

async function start(changes: Partial<LocalCloudOptions> = {}): Promise<LocalCloud> {
  const cloud = await startSmallCloud(changes);
  running.push(cloud);
  return cloud;
}

const visit = (cloud: LocalCloud, url = 'https://web.small.test/shop', headers: Record<string, string> = {}) => cloud.connection.fetch(url, { redirect: 'manual', headers });

/** As Graasp's: what the small blueprint has not. */
const largerBlueprint: Blueprint = {
  ...smallBlueprint,
  loadBalancer: {
    name: 'small',
    listeners: [
      { protocol: 'HTTP', port: 80, defaultAction: { redirect: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } }, rules: [] },
      {
        protocol: 'HTTPS',
        port: 443,
        defaultAction: { redirect: { protocol: 'HTTPS', host: 'maintenance.small.test', statusCode: 'HTTP_302' } },
        rules: [
          { priority: 1, name: 'web', conditions: [{ hostHeader: ['web.small.test'] }, { pathPattern: ['/api/*'] }], action: { forward: 'web' } },
          { priority: 2, name: 'rewrite', conditions: [{ hostHeader: ['web.small.test'] }], action: { forward: 'web' }, transforms: [{ urlRewrite: { regex: '^/(.*)$', replace: '/api/$1' } }] },
          { priority: 5, name: 'machine', conditions: [{ hostHeader: ['machine.small.test'] }], action: { forward: 'machine' } },
          { priority: 50, name: 'go', conditions: [{ hostHeader: ['go.small.test'] }], action: { redirect: { host: 'web.small.test', path: '/links/#{path}', statusCode: 'HTTP_302' } } },
        ],
      },
    ],
  },
  targetGroups: [...smallBlueprint.targetGroups, ...smallBlueprint.targetGroups.map((group) => ({ ...group, name: 'machine', port: 8000, instanceImage: 'machine' }))],
  services: [
    ...smallBlueprint.services,
    service('scaled', 'outside/image', {
      desiredCount: 3,
      spot: 'UpscaleWithSpot',
      autoScaling: { metric: 'ECSServiceAverageCPUUtilization', target: 70, min: 2, max: 8, scaleInCooldown: 30, scaleOutCooldown: 300 },
    }),
    service('on-demand', 'outside/image', { spot: 'NoSpot' }),
  ],
};

describe('startLocalCloud', () => {
  it('resolves when services are steady, targets healthy and the database available', async () => {
    const cloud = await start({ blueprint: largerBlueprint });
    expect(cloud.inspect.services().map(({ name, runningCount, pendingCount, deployments }) => [name, runningCount, pendingCount, deployments.map((each) => each.rolloutState)])).toEqual([
      ['web', 1, 0, ['COMPLETED']],
      ['jobs', 1, 0, ['COMPLETED']],
      ['scaled', 3, 0, ['COMPLETED']],
      ['on-demand', 1, 0, ['COMPLETED']],
    ]);
    expect(cloud.inspect.database()).toMatchObject({ identifier: 'small', status: 'available', model: { schema: 'one', rows: 100 } });
    const { elbv2 } = clientsOf(cloud);
    const { TargetGroups = [] } = await elbv2.send(new DescribeTargetGroupsCommand());
    for (const group of TargetGroups) {
      const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn }));
      expect(TargetHealthDescriptions?.map((target) => target.TargetHealth?.State)).toEqual(['healthy']);
      expect(group).toMatchObject({ HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5 });
    }
    expect(cloud.inspect.defects).toEqual([]);
  });

  it('creates rules, capacity and scaling targets as the blueprint says', async () => {
    const cloud = await start({ blueprint: largerBlueprint });
    expect(cloud.inspect.rules().map((rule) => [rule.priority, rule.name])).toEqual([
      ['1', 'web'],
      ['2', 'rewrite'],
      ['5', 'machine'],
      ['50', 'go'],
      ['default', undefined],
      ['default', undefined],
    ]);
    const capacityOf = (name: string) => cloud.inspect.tasks().filter((task) => task.group === `service:${name}`).map((task) => task.capacityProvider);
    expect([capacityOf('web'), capacityOf('jobs'), capacityOf('scaled'), capacityOf('on-demand')]).toEqual([['FARGATE_SPOT'], [undefined], ['FARGATE', 'FARGATE', 'FARGATE'], ['FARGATE']]);
    const scaling = new ApplicationAutoScalingClient({ region: 'eu-central-1', requestHandler: cloud.connection.aws.requestHandler as never, credentials: cloud.connection.aws.credentials });
    const { ScalableTargets } = await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
    expect(ScalableTargets).toMatchObject([{ ResourceId: 'service/small/scaled', MinCapacity: 2, MaxCapacity: 8 }]);
    const { elbv2 } = clientsOf(cloud);
    const { LoadBalancers: [balancer] = [] } = await elbv2.send(new DescribeLoadBalancersCommand());
    expect(balancer).toMatchObject({ LoadBalancerName: 'small', State: { Code: 'active' } });
    const { Rules } = await elbv2.send(new DescribeRulesCommand({ RuleArns: [cloud.inspect.rules()[1]?.ruleArn ?? ''] }));
    expect(Rules?.[0]?.Transforms).toEqual([{ Type: 'url-rewrite', UrlRewriteConfig: { Rewrites: [{ Regex: '^/(.*)$', Replace: '/api/$1' }] } }]);
  });

  it('lets a model program answer by itself, by the cloud’s time, and leave the rest to its schema and its answers', async () => {
    const respond = ({ method, path, headers, body, at }: ModelRequest) => (path.startsWith('/own') ? { status: 201, body: JSON.stringify({ method, path, told: headers['x-told'], body, at }) } : undefined);
    const web: ImageDeclaration = { reference: 'shop:web-latest', model: { kind: 'server', version: 'v1', fitsSchemas: ['one'], answers: { '/shop': 'open' }, respond } };
    const cloud = await start({ images: [web, ...smallImages.slice(1)] });
    const answer = await cloud.connection.fetch('https://web.small.test/own?a=1', { method: 'POST', headers: { 'x-told': 'this' }, body: 'that' });
    expect([answer.status, answer.headers.get('x-version'), await answer.json()]).toEqual([201, 'v1', { method: 'POST', path: '/own?a=1', told: 'this', body: 'that', at: cloud.clock.now() }]);
    expect(await (await visit(cloud)).text()).toBe('open');
  });

  it('records requests from then on, and not what filled it', async () => {
    const cloud = await start();
    expect(cloud.requests).toEqual([]);
    await clientsOf(cloud).ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['web'] }));
    expect(cloud.requests).toMatchObject([{ operation: 'ecs:DescribeServices', status: 200, input: { cluster: 'small', services: ['web'] } }]);
  });

  it('does the same for the same seed, and something else for another', async () => {
    const history = async (seed: number) => {
      const cloud = await start({ seed, faults: [{ kind: 'spot-interruption', service: 'web', afterMs: 60_000 }] });
      await clientsOf(cloud).ecs.send(new UpdateServiceCommand({ cluster: 'small', service: 'jobs', forceNewDeployment: true }));
      await visit(cloud);
      await cloud.clock.sleep(1_800_000);
      return JSON.stringify([cloud.inspect.tasks(), cloud.inspect.services(), cloud.inspect.database(), cloud.inspect.visits, cloud.inspect.defects]);
    };
    const first = await history(1);
    expect(await history(1)).toBe(first);
    expect(await history(2)).not.toBe(first);
  });

  it('rejects with what does not come up, and why', async () => {
    const images = [...smallImages.filter((image) => image.reference !== 'shop:jobs-latest'), { reference: 'shop:jobs-latest', platforms: ['linux/amd64'] }];
    await expect(startLocalCloud({ blueprint: smallBlueprint, images })).rejects.toThrow(
      "The local cloud did not come up: jobs runs 0 of 1. CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform 'linux/arm64'",
    );
  });

  it('rejects a blueprint that names a target group it does not have', async () => {
    await expect(startLocalCloud({ blueprint: { ...smallBlueprint, targetGroups: [] }, images: smallImages })).rejects.toThrow('The blueprint names a target group that it does not have: web.');
  });

  it('is an account with nothing in it in another region', async () => {
    const cloud = await start();
    const elsewhere = new ECSClient({ region: 'us-east-1', requestHandler: cloud.connection.aws.requestHandler as never, credentials: cloud.connection.aws.credentials });
    expect((await elsewhere.send(new ListClustersCommand())).clusterArns).toEqual([]);
    expect((await clientsOf(cloud).ecs.send(new ListClustersCommand())).clusterArns).toEqual(['arn:aws:ecs:eu-central-1:123456789012:cluster/small']);
  });

  it('answers over HTTP as well', async () => {
    const cloud = await start({ http: true });
    expect(cloud.connection.aws.endpoint).toBe(cloud.url);
    const client = new ECSClient({ region: 'eu-central-1', endpoint: cloud.url ?? '', credentials: cloud.connection.aws.credentials });
    expect((await client.send(new DescribeServicesCommand({ cluster: 'small', services: ['web'] }))).services?.[0]?.runningCount).toBe(1);
    client.destroy();
  });

  it('stops more than once, and leaves nothing that goes on', async () => {
    const cloud = await startSmallCloud();
    await cloud.stop();
    await cloud.stop();
    await cloud.clock.sleep(3_600_000);
    expect((cloud.clock as unknown as { readonly pending: number }).pending).toBe(0);
    expect(cloud.inspect.defects).toEqual([]);
  });

  it('tells its caller of a crash, and never answers that call', async () => {
    const crashed: string[] = [];
    const cloud = await start({ faults: [{ kind: 'crash-caller', operation: 'ecs:DescribeServices', occurrence: 2 }], onCrashCaller: (operation) => crashed.push(operation) });
    const describeWeb = () => clientsOf(cloud).ecs.send(new DescribeServicesCommand({ cluster: 'small', services: ['web'] }));
    await describeWeb();
    const answered = await Promise.race([describeWeb().then(() => true), cloud.clock.sleep(60_000).then(() => false)]);
    expect([answered, crashed]).toEqual([false, ['ecs:DescribeServices']]);
  });
});

describe('visitors of a local cloud', () => {
  it('reach the service that the rules say, and are written down without the values of their headers', async () => {
    const cloud = await start();
    const response = await visit(cloud, undefined, { 'X-Secret': 'sesame' });
    expect([response.status, response.headers.get('x-version'), await response.text()]).toEqual([200, 'v1', 'ok']);
    expect(cloud.inspect.visits).toMatchObject([{ method: 'GET', url: 'https://web.small.test/shop', headerNames: ['x-secret'], status: 200, version: 'v1', location: null }]);
    expect(JSON.stringify(cloud.inspect.visits)).not.toContain('sesame');
    expect(cloud.inspect.database()?.model?.rows).toBe(101);
  });

  it('get 503 while the database is stopped, and are served again once it runs', async () => {
    const cloud = await start();
    await clientsOf(cloud).rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: 'small' }));
    await eventually(cloud, () => cloud.inspect.database()?.status === 'stopped' || undefined);
    expect((await visit(cloud)).status).toBe(503);
  });

  it('are a violation when code meets a schema that it does not fit', async () => {
    const blueprint = { ...smallBlueprint, database: { ...smallBlueprint.database, model: { schema: 'two', rows: 0 } } };
    const cloud = await start({ blueprint });
    expect((await visit(cloud)).status).toBe(500);
    await cloud.clock.sleep(60_000);
    expect(cloud.inspect.violations.map(({ what, schema, fitsSchemas, image }) => [what, schema, fitsSchemas, image])).toEqual([
      ['request', 'two', ['one'], 'shop:web-latest'],
      ['write', 'two', ['one'], 'shop:jobs-latest'],
    ]);
    expect(cloud.inspect.database()?.model?.writesLog).toEqual([]);
  });

  it('cannot reach what no rule mentions', async () => {
    const cloud = await start();
    await expect(visit(cloud, 'https://elsewhere.test/')).rejects.toThrow('fetch failed');
  });

  it('are redirected by the default action', async () => {
    const cloud = await start({ blueprint: largerBlueprint });
    expect((await visit(cloud, 'https://go.small.test/abc')).headers.get('location')).toBe('https://web.small.test:443/links/abc');
    expect((await visit(cloud, 'http://web.small.test/')).status).toBe(301);
    expect((await visit(cloud, 'https://machine.small.test/')).status).toBe(200);
  });
});

describe('workers of a local cloud', () => {
  it('write every minute', async () => {
    const cloud = await start();
    const before = cloud.inspect.database()?.model?.rows ?? 0;
    await cloud.clock.sleep(600_000);
    expect((cloud.inspect.database()?.model?.rows ?? 0) - before).toBe(20);
  });
});

describe('the page of a local cloud', () => {
  const stateOf = async (cloud: LocalCloud) => (await (await fetch(new URL('_local-cloud/state', cloud.pageUrl))).json()) as FrontPageState;

  it('is served beside AWS, shows what happens, and is not there without a port', async () => {
    const cloud = await start({ http: true });
    const response = await fetch(cloud.pageUrl ?? '');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('<h1>Local cloud</h1>');
    expect((await stateOf(cloud)).summary.map(({ says }) => says)).toEqual(['let in', '2 of 2 up', 'available', 'none']);
    expect(cloud.requests).toEqual([]);

    const { rds } = overHttp(cloud);
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: 'small', DBSnapshotIdentifier: 'before' }));
    await visit(cloud);

    expect(await stateOf(cloud)).toMatchObject({
      databases: [{ identifier: 'small', status: 'backing-up' }],
      snapshots: [{ identifier: 'before', of: 'small', status: 'creating' }],
      visitors: [{ route: 'web.small.test/shop', answers: [{ answer: '200 v1', count: 1 }] }],
      requests: { total: 1, latestChanges: [{ operation: 'rds:CreateDBSnapshot', on: 'small, before', answer: '200' }] },
    });
    expect((await start()).pageUrl).toBeUndefined();
  });

  it('tells no secret of those who use the cloud, nor of what is in it', async () => {
    const blueprint = { ...smallBlueprint, database: { ...smallBlueprint.database, masterPassword: 'sesame-database' } };
    const cloud = await start({ http: true, blueprint });
    const { ecs, elbv2 } = overHttp(cloud);
    const [rule] = cloud.inspect.rules();
    const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Sesame', Values: ['sesame-header'] } };
    await elbv2.send(new ModifyRuleCommand({ RuleArn: rule?.ruleArn, Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['web.small.test'] } }, header] }));
    await ecs.send(new RunTaskCommand({ cluster: 'small', taskDefinition: 'migrate', networkConfiguration: network, overrides: { containerOverrides: [{ name: 'migrate', environment: [{ name: 'TOKEN', value: 'sesame-task' }] }] } }));
    await visit(cloud, 'https://web.small.test/shop?token=sesame-query', { 'X-Sesame': 'sesame-header' });

    const texts = await Promise.all([cloud.pageUrl ?? '', new URL('_local-cloud/state', cloud.pageUrl)].map(async (url) => (await fetch(url)).text()));

    expect((await stateOf(cloud)).summary.map(({ says }) => says)).toEqual(['kept out', '2 of 2 up', 'available', 'PROVISIONING']);
    expect((await stateOf(cloud)).requests.latestChanges.map(({ on }) => on)).toEqual(['migrate', 'rule 1 web']);
    for (const text of texts) expect(text).not.toMatch(/sesame/i);
  });

  it('is never met by visitors, and ends with the cloud', async () => {
    const cloud = await start({ hosts: 'real' });
    expect((await fetch(cloud.pageUrl ?? '')).status).toBe(200);
    expect(cloud.describe()).toMatchObject({ endpoint: cloud.url, pageUrl: cloud.pageUrl });
    const [listener] = cloud.describe().listeners;
    for (const path of ['/', '/_local-cloud/state']) {
      expect(await (await visit(cloud, `https://web.small.test${path}`)).text()).not.toContain('Local cloud');
      // by its own address, without the host of a rule: the default action
      const answer = await fetch(`http://127.0.0.1:${listener?.localPort ?? 0}${path}`, { redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, `https://maintenance.small.test:443${path}`]);
    }

    await cloud.stop();

    await expect(fetch(cloud.pageUrl ?? '')).rejects.toThrow('fetch failed');
  }, 60_000);
});

/** The SDK's clients as another process has them: with an address, and keys of their own. */
function overHttp({ url }: LocalCloud) {
  const configuration = { region: 'eu-central-1', maxAttempts: 1, endpoint: url ?? '', credentials: { accessKeyId: 'AKIASESAME', secretAccessKey: 'sesame-key', sessionToken: 'sesame-token' } };
  return { ecs: new ECSClient(configuration), rds: new RDSClient(configuration), elbv2: new ElasticLoadBalancingV2Client(configuration) };
}
