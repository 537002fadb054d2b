import { DescribeClustersCommand, DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeListenersCommand, DescribeLoadBalancersCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeployEvent } from '../reports/events.js';
import { fileRunStore } from '../runs/file-run-store.js';
import { memoryRunStore } from '../runs/memory-run-store.js';
import { connect, type ConnectOptions } from './connect.js';
import { adminTargetGroup, definition, graaspTargetGroup, headerValue, listenerArn, loadBalancerArn } from './environment.fixture.js';
import { internals } from './environment.js';

const sts = mockClient(STSClient);
const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const rds = mockClient(RDSClient);
const all = [sts, ecs, elbv2, rds];

const otherBalancer = loadBalancerArn.replace('app/graasp-dev', 'net/other');
const https = { ListenerArn: listenerArn, Port: 443, Protocol: 'HTTPS' as const };
const http = { ListenerArn: 'http', Port: 80, Protocol: 'HTTP' as const };

beforeEach(() => {
  vi.stubEnv('MAINTENANCE_HEADER_SECRET', headerValue);
  for (const client of all) client.reset();
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: 'arn:aws:sts::123456789012:assumed-role/ci/x' });
  ecs.on(DescribeClustersCommand).resolves({ clusters: [{ clusterName: 'graasp-dev', clusterArn: 'cluster-arn', status: 'ACTIVE' }] });
  ecs.on(DescribeServicesCommand).resolves({
    services: [
      { serviceName: 'graasp', status: 'ACTIVE', loadBalancers: [{ targetGroupArn: graaspTargetGroup, containerName: 'core', containerPort: 3111 }, { targetGroupArn: 'other-group', containerName: 'core', containerPort: 1 }] },
      { serviceName: 'redis', status: 'ACTIVE' },
      { serviceName: 'admin', status: 'ACTIVE', loadBalancers: [{ targetGroupArn: adminTargetGroup, containerName: 'admin', containerPort: 4000 }] },
    ],
  });
  elbv2.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [{ LoadBalancerArn: loadBalancerArn, DNSName: 'graasp-dev.elb.amazonaws.com' }] });
  elbv2.on(DescribeListenersCommand).resolves({ Listeners: [http, https] });
  elbv2.on(DescribeTargetGroupsCommand).resolves({
    TargetGroups: [
      { TargetGroupArn: graaspTargetGroup, LoadBalancerArns: [loadBalancerArn] },
      { TargetGroupArn: adminTargetGroup, LoadBalancerArns: [] },
      { TargetGroupArn: 'other-group', LoadBalancerArns: [otherBalancer] },
    ],
  });
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceIdentifier: 'graasp-dev', DbiResourceId: 'db-1' }] });
});

afterEach(() => vi.unstubAllEnvs());

const credentials = () => Promise.resolve({ accessKeyId: 'test', secretAccessKey: 'test' });

function open(changes: object = {}, options: ConnectOptions = {}) {
  return connect({ ...definition, ...changes }, { aws: { credentials }, runStore: memoryRunStore({ acknowledged: true }), ...options });
}

function calls(): number {
  return all.reduce((sum, client) => sum + client.calls().length, 0);
}

const missing = (name: string) => Object.assign(new Error('not found'), { name, $metadata: { httpStatusCode: 404 } });

describe('connect', () => {
  it('resolves names in seven calls, target groups of this balancer only', async () => {
    const env = (await open())._unsafeUnwrap();
    expect(env[internals].found).toEqual({
      clusterArn: 'cluster-arn',
      loadBalancerArn,
      loadBalancerDnsName: 'graasp-dev.elb.amazonaws.com',
      listenerArn,
      listenerProtocol: 'HTTPS',
      listenerPort: 443,
      targetGroupsOf: {
        graasp: [{ targetGroupArn: graaspTargetGroup, containerName: 'core', containerPort: 3111 }],
        redis: [],
        admin: [{ targetGroupArn: adminTargetGroup, containerName: 'admin', containerPort: 4000 }],
      },
      databaseResourceId: 'db-1',
    });
    expect(env[internals].accountId).toBe('123456789012');
    expect(calls()).toBe(7);
  });

  it('asks for no target group where no service registers in one: AWS would tell every group of the account', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: ['graasp', 'redis', 'admin'].map((serviceName) => ({ serviceName, status: 'ACTIVE', loadBalancers: [{ loadBalancerName: 'classic', containerName: 'core', containerPort: 1 }] })) });
    expect((await open())._unsafeUnwrap()[internals].found.targetGroupsOf).toEqual({ graasp: [], redis: [], admin: [] });
    expect(elbv2.commandCalls(DescribeTargetGroupsCommand)).toEqual([]);
  });

  it('says that a balancer has no listener at all', async () => {
    elbv2.on(DescribeListenersCommand).resolves({ Listeners: [] });
    expect((await open())._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'listener', name: 'graasp-dev HTTPS:443', remedy: 'Name the listener whose rules are gated by maintenance.listenerPort; there is none.' });
  });

  it('tells every problem of definition, secrets and options before any call', async () => {
    vi.stubEnv('MAINTENANCE_HEADER_SECRET', undefined);
    const options = { runStore: undefined, clock: {}, signal: 1, reporters: [1], checks: { a: 1 }, fetch: 'x', reporter: [] } as never;
    const error = (await open({ region: 'europe' }, options))._unsafeUnwrapErr();
    expect(error).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        "region: expected an AWS region like 'eu-central-1', got 'europe' (string)",
        'maintenance.headerValue: expected environment variable MAINTENANCE_HEADER_SECRET to be set, got nothing',
        'reporter: unknown option; known are aws, fetch, clock, signal, reporters, runStore, lock, checks, commands',
        "fetch: expected a function like fetch, got 'x' (string)",
        'clock: expected a Clock, got one (object)',
        'signal: expected an AbortSignal, got 1 (number)',
        'reporters: expected a list of reporters, got 1 items (array)',
        'checks: expected a record of functions, got one (object)',
        "runStore: expected where runs are kept, got nothing; s3RunStore({ bucket: '…' }) keeps them where every machine finds them, fileRunStore('.runs', { acknowledged: true }) on this disk, with which they end",
      ],
    });
    expect(calls()).toBe(0);
  });

  it('refuses a time to wait for the lock that is none', async () => {
    const problemsOf = async (lock: unknown) => (await open({}, { lock } as never))._unsafeUnwrapErr();
    expect(await problemsOf(60)).toMatchObject({ problems: ['lock: expected an object, got 60 (number)'] });
    expect(await problemsOf({ waitSeconds: -1 })).toMatchObject({ problems: ['lock.waitSeconds: expected seconds, 0 or more, got -1 (number)'] });
    expect(await problemsOf({ waitMinutes: 5 })).toMatchObject({ problems: ['lock.waitMinutes: unknown option; known are waitSeconds'] });
    expect((await open({}, { lock: { waitSeconds: 900 } }))._unsafeUnwrap()[internals].lockWaitSeconds).toBe(900);
  });

  it('names the variables of Umami that are not set, and opens with them', async () => {
    const umami = { url: 'https://umami.dev.graasp.org', websiteId: 'w-1', username: { fromEnv: 'UMAMI_USERNAME' }, password: { fromEnv: 'UMAMI_PASSWORD' } };
    vi.stubEnv('UMAMI_USERNAME', 'viewer');
    vi.stubEnv('UMAMI_PASSWORD', '');
    expect((await open({ umami }))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: ['umami.password: expected environment variable UMAMI_PASSWORD to be set, got nothing'] });
    expect(calls()).toBe(0);
    vi.stubEnv('UMAMI_PASSWORD', 'pass-of-umami');
    const env = (await open({ umami }))._unsafeUnwrap();
    const { inspect } = await import('node:util');
    expect(env[internals].umami?.password.reveal()).toBe('pass-of-umami');
    expect(inspect(env, { depth: 10, showHidden: true })).not.toMatch(/pass-of-umami|viewer/);
  });

  it('takes the global fetch where none is given', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    const env = (await open({}, { fetch: undefined }))._unsafeUnwrap();
    await expect(env[internals].fetch('https://umami.dev.graasp.org/')).rejects.toThrow('fetch failed');
    expect(fetched).toHaveBeenCalledOnce();
    fetched.mockRestore();
  });

  it.each([{ requestHandler: {} }, { endpoint: 'http://127.0.0.1:4566' }, { endpoint: 'http://localhost' }, { endpoint: 'http://[::1]:1/' }])('keeps runs in memory on a local cloud at %j', async (aws) => {
    const env = (await open({}, { aws: { ...aws, credentials }, runStore: undefined }))._unsafeUnwrap();
    expect(env[internals].runStore.name).toBe('memory');
  });

  it('does not take an endpoint elsewhere for a local cloud', async () => {
    const error = (await open({}, { aws: { endpoint: 'https://localhost.example.org', credentials }, runStore: undefined }))._unsafeUnwrapErr();
    expect(error.kind).toBe('InvalidInput');
  });

  it.each([
    [memoryRunStore(), 'memory (it ends with this process)'],
    [fileRunStore('runs'), 'file runs (a file is lost with its machine, and other machines do not see it)'],
  ])('refuses a run store on AWS that is lost with the machine, until that is acknowledged', async (runStore, got) => {
    expect((await open({}, { runStore }))._unsafeUnwrapErr()).toMatchObject({ problems: [`runStore: expected where runs outlive this machine, such as s3RunStore({ bucket: '…' }), got ${got}; { acknowledged: true } takes it all the same`] });
    expect((await open({}, { runStore: { ...runStore, volatile: undefined } })).isOk()).toBe(true);
  });

  it.each<readonly [string, unknown, string]>([
    ['a directory alone', '/tmp/runs', "expected a run store, such as fileRunStore('.runs'), got '/tmp/runs' (string)"],
    ['a store without one of its operations', { ...memoryRunStore(), list: undefined }, "expected a run store, such as fileRunStore('.runs'), got one (object)"],
    ['a file store without its directory', (fileRunStore as () => unknown)(), 'expected the directory of fileRunStore, got undefined'],
    ['a file store in a directory without a name', fileRunStore(''), 'expected the directory of fileRunStore, got an empty text'],
  ])('refuses %s for a run store, also on a local cloud', async (_, runStore, problem) => {
    const error = (await open({}, { aws: { requestHandler: {}, credentials }, runStore: runStore as never }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'InvalidInput', problems: [`runStore: ${problem}`] });
  });

  it('lists everything that is missing', async () => {
    ecs.on(DescribeClustersCommand).resolves({ clusters: [], failures: [{ reason: 'MISSING' }] });
    ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'graasp', status: 'INACTIVE' }, { serviceName: 'admin', status: 'ACTIVE' }] });
    elbv2.on(DescribeLoadBalancersCommand).rejects(missing('LoadBalancerNotFoundException'));
    rds.on(DescribeDBInstancesCommand).rejects(missing('DBInstanceNotFoundFault'));
    const error = (await open())._unsafeUnwrapErr();
    const where = 'does not exist in eu-central-1 of account 123456789012';
    expect(error).toMatchObject({
      kind: 'NotFound',
      resource: 'cluster, service, load balancer, database instance',
      name: 'graasp-dev, redis, graasp, graasp-dev, graasp-dev',
      accountId: '123456789012',
      message: `cluster graasp-dev ${where}; service redis, graasp ${where}; load balancer graasp-dev ${where}; database instance graasp-dev ${where}`,
    });
  });

  it('tells once that the cluster is missing, which is missed with its services, too', async () => {
    ecs.on(DescribeClustersCommand).resolves({ clusters: [], failures: [{ reason: 'MISSING' }] });
    ecs.on(DescribeServicesCommand).rejects(missing('ClusterNotFoundException'));
    expect((await open())._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource: 'cluster', message: 'cluster graasp-dev does not exist in eu-central-1 of account 123456789012' });
  });

  it('tells a denied call rather than what may be missing', async () => {
    ecs.on(DescribeClustersCommand).resolves({ clusters: [] });
    rds.on(DescribeDBInstancesCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    expect((await open())._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'rds:DescribeDBInstances' });
  });

  it('refuses credentials of another account', async () => {
    expect((await open({ accountId: '210987654321' }))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'account',
      message: 'the credentials are of account 123456789012, but dev is defined in account 210987654321',
    });
    expect(calls()).toBe(1);
  });

  it('takes the only listener where there is no HTTPS on 443', async () => {
    elbv2.on(DescribeListenersCommand).resolves({ Listeners: [http] });
    expect((await open())._unsafeUnwrap()[internals].found.listenerArn).toBe('http');
  });

  it('takes the listener that the definition names', async () => {
    const env = (await open({ maintenance: { ...definition.maintenance, listenerPort: 80 } }))._unsafeUnwrap();
    expect(env[internals].found.listenerArn).toBe('http');
  });

  it('tells which listeners there are when it cannot choose', async () => {
    elbv2.on(DescribeListenersCommand).resolves({ Listeners: [http, { ...https, Port: 8443 }] });
    expect((await open())._unsafeUnwrapErr()).toMatchObject({
      kind: 'NotFound',
      message: 'listener graasp-dev HTTPS:443 does not exist in eu-central-1 of account 123456789012',
      remedy: 'Name the listener whose rules are gated by maintenance.listenerPort; there is HTTP:80, HTTPS:8443.',
    });
  });

  it('is Aborted before any call when the signal is', async () => {
    expect((await open({}, { signal: AbortSignal.abort() }))._unsafeUnwrapErr().kind).toBe('Aborted');
    expect(calls()).toBe(0);
  });

  it('tells reporters what happens without the secret, and lets none of them stop it', async () => {
    const events: DeployEvent[] = [];
    const throwing = { report: () => { throw new Error('no terminal'); } };
    const rejecting = { report: () => Promise.reject(new Error('no network')) as never };
    const env = (await open({}, { reporters: [throwing, rejecting, { report: (event) => void events.push(event) }] }))._unsafeUnwrap();
    env.emit({ type: 'log', source: 'core', line: `GET / ${headerValue}` });
    expect(events).toEqual([{ at: expect.any(String) as string, environment: 'dev', runId: null, type: 'log', source: 'core', line: 'GET / [redacted]' }]);
  });

  it('tells reporters that can hide texts its secrets before the first call, and lets none of them stop it', async () => {
    const hidden: (readonly string[])[] = [];
    const report = () => undefined;
    const throwing = { report, hide: () => { throw new Error('no runner'); } };
    const hiding = { report, hide: (secrets: readonly string[]) => { expect(calls()).toBe(0); hidden.push(secrets); } };
    expect((await open({}, { reporters: [throwing, { report }, hiding] })).isOk()).toBe(true);
    expect(hidden).toHaveLength(1);
    expect(hidden[0]).toContain(headerValue);
  });

  it('shows no secret when the environment is printed', async () => {
    const env = (await open())._unsafeUnwrap();
    const { inspect } = await import('node:util');
    expect(inspect(env, { depth: 10, showHidden: true })).not.toContain(headerValue);
    expect(JSON.stringify(env.definition)).not.toContain(headerValue);
  });
});
