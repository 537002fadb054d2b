import {
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { graaspTargetGroup, testEnvironment } from '../environment/environment.fixture.js';
import { tuneTargetGroups } from './tune-target-groups.js';

const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const ecs = mockClient(ECSClient);

beforeEach(() => {
  elbv2.reset();
  ecs.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'admin', desiredCount: 1 }] });
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [] });
  elbv2.on(DescribeTargetGroupAttributesCommand).resolves({ Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '300' }] });
  elbv2.on(ModifyTargetGroupAttributesCommand).resolves({});
  elbv2.on(ModifyTargetGroupCommand).resolves({});
});

async function tuned(HealthCheckIntervalSeconds: number, HealthCheckTimeoutSeconds: number, UnhealthyThresholdCount: number): Promise<TargetGroup> {
  elbv2.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [{ TargetGroupArn: graaspTargetGroup, HealthCheckIntervalSeconds, HealthCheckTimeoutSeconds, UnhealthyThresholdCount }] });
  expect((await tuneTargetGroups(testEnvironment(), ['graasp'])).isOk()).toBe(true);
  return elbv2.commandCalls(ModifyTargetGroupCommand).at(-1)!.args[0].input;
}

describe('tuneTargetGroups', () => {
  it.each([
    // found: interval, timeout, failures -> tuned
    { found: [60, 15, 3], interval: 18, failures: 10 },
    { found: [30, 5, 2], interval: 6, failures: 10 },
    { found: [10, 5, 2], interval: 6, failures: 4 },
    { found: [10, 2, 2], interval: 5, failures: 4 },
    { found: [30, 20, 2], interval: 21, failures: 3 },
    { found: [300, 10, 10], interval: 300, failures: 10 },
    { found: [5, 2, 2], interval: 5, failures: 2 },
  ] as const)('looks at a new task every $interval s and not every $found.0 s, and gives it as long as before to answer and to come up', async ({ found, interval, failures }) => {
    const [foundInterval, timeout, foundFailures] = found;
    expect(await tuned(foundInterval, timeout, foundFailures)).toEqual({
      TargetGroupArn: graaspTargetGroup,
      HealthCheckIntervalSeconds: interval,
      HealthCheckTimeoutSeconds: timeout,
      UnhealthyThresholdCount: failures,
    });
    expect(interval * failures).toBeGreaterThanOrEqual(foundInterval * foundFailures);
  });
});
