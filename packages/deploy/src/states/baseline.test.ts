import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { headerName, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import type { Baseline } from '../runs/baseline.js';
import { recordingRun } from '../steps/recording-run.fixture.js';
import { ensureBaseline } from './baseline.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const scaling = mockClient(ApplicationAutoScalingClient);

const service = (desiredCount: number) => ({ desiredCount, taskDefinition: 'old:1', scaling: null });
const group = { deregistrationDelaySeconds: 300, healthCheckIntervalSeconds: 30, healthCheckTimeoutSeconds: 5, unhealthyThreshold: 2 };
const known: Baseline = {
  takenAt: '2026-01-01T00:00:00.000Z',
  byRun: 'earlier',
  gate: { r1: false, r2: true },
  services: { graasp: service(4), redis: service(1), admin: service(1) },
  targetGroups: { tg1: group, tg2: group },
  rollbacks: { graasp: {}, redis: {} },
  putAside: ['gate', 'service:graasp', 'target-group:tg1', 'rollback:graasp'],
};

const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };

beforeEach(() => {
  for (const client of [ecs, elbv2, scaling]) client.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: ['graasp', 'redis', 'admin'].map((serviceName) => ({ serviceName, desiredCount: 2, taskDefinition: 'new:2' })) });
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ RuleArn: 'r1', Conditions: [header] }, { RuleArn: 'r2', Conditions: [] }] });
  scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [] });
});

async function ensured(id: string, baseline: Baseline): Promise<Baseline> {
  const run = { ...recordingRun({ id, baseline }), saveBaseline: () => okAsync(undefined) };
  return (await ensureBaseline(testEnvironment({ internals: { run } })))._unsafeUnwrap();
}

describe('ensureBaseline', () => {
  it('goes in a later run by what was found of what is away, and finds the rest anew', async () => {
    const now = { desiredCount: 2, taskDefinition: 'new:2', scaling: null };
    const renewed = await ensured('later', known);
    expect(renewed).toEqual({ ...known, renewedBy: 'later', services: { graasp: service(4), redis: now, admin: now }, targetGroups: { tg1: group }, rollbacks: { graasp: {} } });
    ecs.reset();
    expect(await ensured('later', renewed)).toBe(renewed);
    expect(await ensured('earlier', renewed)).toBe(renewed);
  });

  it('counts from now once neither services nor the gate are away, whatever else is', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ RuleArn: 'r1' }, { RuleArn: 'r2', Conditions: [header] }] });
    const renewed = await ensured('later', { ...known, putAside: ['gate', 'gate:administration', 'scaling:graasp'] });
    expect(renewed).toMatchObject({ byRun: 'earlier', gate: { r1: false, r2: true }, services: { graasp: { desiredCount: 2 } }, putAside: ['scaling:graasp'] });
    expect(renewed.takenAt > known.takenAt).toBe(true);
  });

  it('is taken anew where nothing is away', async () => {
    expect(await ensured('later', { ...known, putAside: [] })).toMatchObject({ byRun: 'later', gate: { r1: true, r2: false }, services: { graasp: { desiredCount: 2 } }, targetGroups: {}, putAside: [] });
  });
});
