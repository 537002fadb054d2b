import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand, type SimulatePrincipalPolicyCommandInput } from '@aws-sdk/client-iam';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { graaspTargetGroup, testEnvironment } from '../environment/environment.fixture.js';
import type { StateName } from '../states/state-definitions.js';
import { transitionTo } from './transition-to.js';

const [ecs, elbv2, rds, scaling, iam, sts] = [mockClient(ECSClient), mockClient(ElasticLoadBalancingV2Client), mockClient(RDSClient), mockClient(ApplicationAutoScalingClient), mockClient(IAMClient), mockClient(STSClient)];
const role = 'arn:aws:iam::123456789012:role/release';

/** An environment that runs, and credentials that may do nothing. */
beforeEach(() => {
  for (const client of [ecs, elbv2, rds, scaling, iam, sts]) client.reset();
  const service = (serviceName: string) => ({ serviceName, desiredCount: 1, runningCount: 1, taskDefinition: `${serviceName}:7`, deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' as const }] });
  ecs.on(DescribeServicesCommand).resolves({ services: ['graasp', 'redis', 'admin'].map(service) });
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [{ RuleArn: 'r1', Priority: '1', Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['api.org'] } }], Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] }, { RuleArn: 'd', Priority: 'default', IsDefault: true }] });
  elbv2.on(DescribeTargetHealthCommand).resolves({ TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] });
  rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [{ DBInstanceStatus: 'available' }] });
  scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [] });
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: 'arn:aws:sts::123456789012:assumed-role/release/run-1' });
  iam.on(GetRoleCommand).resolves({ Role: { Arn: role, RoleName: 'release', Path: '/', RoleId: 'A', CreateDate: new Date(0) } });
  iam.on(SimulatePrincipalPolicyCommand).callsFake(({ ActionNames = [], ResourceArns = [] }: SimulatePrincipalPolicyCommandInput) => ({
    EvaluationResults: ActionNames.map((action) => ({ EvalActionName: action, ResourceSpecificResults: ResourceArns.map((EvalResourceName) => ({ EvalResourceName, EvalResourceDecision: 'implicitDeny' })) })),
  }));
});

const asked = () => new Set(iam.commandCalls(SimulatePrincipalPolicyCommand).flatMap(({ args }) => args[0].input.ActionNames ?? []));

describe('transitionTo', () => {
  it('is there already, and needs no permission for that', async () => {
    expect((await transitionTo(testEnvironment(), 'running'))._unsafeUnwrap()).toMatchObject({ summary: 'It is running already; nothing was changed', from: 'running', to: 'running', steps: [] });
    expect(asked()).toEqual(new Set());
  });

  it.each<readonly [StateName, readonly string[], readonly string[]]>([
    // to connect, the step itself, and what settles the limits of scaling
    ['restricted', ['ecs:DescribeClusters', 'elasticloadbalancing:ModifyRule', 'application-autoscaling:RegisterScalableTarget'], ['ecs:UpdateService', 'rds:StopDBInstance', 'rds:StartDBInstance']],
    ['stopped', ['ecs:UpdateService', 'rds:StopDBInstance'], ['rds:StartDBInstance']],
  ])('to %j must be allowed what its steps call this time, and no more', async (to, needed, not) => {
    const error = (await transitionTo(testEnvironment(), to))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'AccessDenied', situation: { step: 'look', left: 'untouched' } });
    expect([...needed, ...not].filter((action) => asked().has(action))).toEqual(needed);
  });

  it('refuses everything that waiting does not cure at once, and asks for no permission', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [] });
    expect((await transitionTo(testEnvironment(), 'restricted'))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Refused',
      rule: 'transition',
      message: expect.stringMatching(/^dev cannot be brought to restricted as it is: [^;]*graasp[^;]*; [^;]*redis[^;]*; [^;]*admin[^;]*\. Nothing was changed\.$/) as string,
      remedy: 'Mend what is named, then call it again.',
      situation: { step: 'look', left: 'untouched' },
    });
    expect(asked()).toEqual(new Set());
  });

  it.each<readonly [string, readonly unknown[]]>([
    ['a state and no options', ['running']],
    ['a state beside its options', ['running', { otherTasks: 'wait' }]],
    ['one object', [{ to: 'running', otherTasks: 'wait' }]],
  ])('takes %s', async (_, args) => {
    expect((await (transitionTo as (...all: unknown[]) => ReturnType<typeof transitionTo>)(testEnvironment(), ...args)).isOk()).toBe(true);
  });

  it.each([null, 'wait', 7])('refuses %j for options: what it says would not be seen', async (options) => {
    expect((await transitionTo(testEnvironment(), 'running', options as never))._unsafeUnwrapErr()).toMatchObject({ kind: 'InvalidInput', problems: [expect.stringMatching(/^options: expected an object, got /)] });
  });
});
