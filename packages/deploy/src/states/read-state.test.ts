import { DescribeServicesCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { adminTargetGroup, definition, graaspTargetGroup, headerName, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import { memoryRunStore } from '../runs/memory-run-store.js';
import { readState } from './read-state.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const rds = mockClient(RDSClient);

const closed = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName.toUpperCase(), Values: [headerValue] } };
const rule = (priority: string, host: string, group: string, ...more: Rule['Conditions'] & object): Rule => ({
  RuleArn: `r${priority}`,
  Priority: priority,
  Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }, ...more],
  Actions: [{ Type: 'forward', TargetGroupArn: group }],
});
const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true };

function services(...changed: Service[]) {
  const usual = (serviceName: string): Service => ({ serviceName, desiredCount: 1, runningCount: 1, taskDefinition: `${serviceName}:7`, deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' }] });
  const all = ['graasp', 'redis', 'admin'].map((name) => ({ ...usual(name), ...changed.find(({ serviceName }) => serviceName === name) }));
  ecs.on(DescribeServicesCommand).resolves({ services: all });
}

beforeEach(() => {
  for (const client of [ecs, elbv2, rds]) client.reset();
  services();
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [rule('1', 'api.org', graaspTargetGroup), rule('8', 'admin.org', adminTargetGroup), byDefault] });
  elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] });
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
});

describe('readState', () => {
  it('tells a running environment in full', async () => {
    const service = (name: string) => ({ desired: 1, running: 1, taskDefinition: `${name}:7`, deploying: false, failed: false });
    expect((await readState(testEnvironment()))._unsafeUnwrap()).toEqual({
      state: 'running',
      nearest: 'running',
      differences: [],
      gate: { maintenance: 'off', closed: [], open: ['rule 1 (api.org)'] },
      services: { graasp: service('graasp'), redis: service('redis'), admin: service('admin') },
      database: { instance: 'graasp-dev', status: 'available' },
      health: { healthy: true, problems: [] },
      hold: null,
      putAside: [],
    });
  });

  it('takes maintenance for on while the rules of administration that runs are open, whatever the case of the header', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [rule('1', 'api.org', graaspTargetGroup, closed), rule('8', 'admin.org', adminTargetGroup), byDefault] });
    expect((await readState(testEnvironment()))._unsafeUnwrap()).toMatchObject({ state: 'restricted', gate: { maintenance: 'on' } });
  });

  it('expects administration’s rules to be closed once it is off', async () => {
    services({ serviceName: 'admin', desiredCount: 0, runningCount: 0 });
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [rule('1', 'api.org', graaspTargetGroup, closed), rule('8', 'admin.org', adminTargetGroup), byDefault] });
    expect((await readState(testEnvironment()))._unsafeUnwrap()).toMatchObject({ state: 'mixed', gate: { maintenance: 'partly', closed: ['rule 1 (api.org)'], open: ['rule 8 (admin.org)'] } });
  });

  it('tells what is not well beside the state', async () => {
    services({ serviceName: 'graasp', desiredCount: 2, deployments: [{ status: 'PRIMARY', rolloutState: 'FAILED' }, { status: 'ACTIVE' }] });
    elbv2.on(DescribeTargetHealthCommand, { TargetGroupArn: graaspTargetGroup }).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'unhealthy' } }] });
    const state = (await readState(testEnvironment()))._unsafeUnwrap();
    expect(state.state).toBe('running');
    expect(state.services['graasp']).toMatchObject({ deploying: true, failed: true });
    expect(state.health).toEqual({
      healthy: false,
      problems: ['service graasp: 1 of 2 tasks run', 'service graasp: its deployment has failed', 'service graasp: no healthy target behind the balancer'],
    });
  });

  it('tells a database that is on its way', async () => {
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'modifying' }] });
    expect((await readState(testEnvironment()))._unsafeUnwrap()).toMatchObject({ state: 'mixed', differences: ['database: modifying -> available'], health: { problems: ['database: modifying'] } });
  });

  it('tells the hold, and what its run has put aside', async () => {
    const runStore = memoryRunStore();
    expect((await runStore.create('dev/hold', JSON.stringify({ run: 'r1', recipe: 'deployWithMigration', reason: 'the migration failed.', since: '2026-11-22T00:00:00Z', situation: { nextActions: [] } }))).isOk()).toBe(true);
    expect((await runStore.create('dev/baseline', JSON.stringify({ gate: {}, services: {}, targetGroups: {}, putAside: ['gate', 'service:admin'] }))).isOk()).toBe(true);
    expect((await readState(testEnvironment({ internals: { runStore } })))._unsafeUnwrap()).toMatchObject({
      hold: { run: 'r1', recipe: 'deployWithMigration', reason: 'the migration failed.', since: '2026-11-22T00:00:00Z' },
      putAside: ['gate', 'service:admin'],
    });
  });

  it('refuses a definition where an environment belongs', async () => {
    expect((await readState(definition as never))._unsafeUnwrapErr().kind).toBe('InvalidInput');
  });
});
