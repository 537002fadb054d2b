import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import 'aws-sdk-client-mock-vitest/extend';
import { okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import { adminTargetGroup, graaspTargetGroup, headerName, headerValue, testEnvironment, testRun } from '../environment/environment.fixture.js';
import type { Expectations } from '../environment/environment.js';
import { confirmAsSet, watchForeignChanges } from './watch.js';
import { waitUntil } from '../wait.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const scaling = mockClient(ApplicationAutoScalingClient);

beforeEach(() => {
  ecs.reset();
  elbv2.reset();
  scaling.reset();
});

const open: Rule = { RuleArn: 'rule-7', Priority: '7', Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['dev.graasp.org'] } }] };
const closed: Rule = { ...open, Conditions: [...open.Conditions!, { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: ['x'] } }] };
const graasp: Service = { serviceName: 'graasp', desiredCount: 0, taskDefinition: 'arn:aws:ecs:eu-central-1:1:task-definition/graasp:7' };

/** A wait of two minutes for nothing, in a run that expects this. */
function wait(expectations: Partial<Expectations>, planning = false) {
  const env = testEnvironment({ planning, internals: { run: testRun(expectations) } });
  const probe = () => okAsync({ status: 'pending' as const, seen: 'nothing' });
  return waitUntil(env, { waitingFor: 'nothing', timeoutSeconds: 120, intervalSeconds: 2, probe });
}

const closedGate = { gate: { closed: ['rule-7'], open: [] } };

describe('watchForeignChanges', () => {
  it('ends a wait when somebody opened a rule that the run had closed', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [open] });
    elbv2.on(ModifyRuleCommand).resolves({});
    expect((await wait(closedGate))._unsafeUnwrapErr()).toEqual({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: ['rule 7 (dev.graasp.org): closed -> open'],
      message: 'somebody else changed what this run has set: rule 7 (dev.graasp.org): closed -> open; closed again: rule 7 (dev.graasp.org)',
      remedy: 'Find who did (an apply of the infrastructure code, a schedule, a person), have it stopped, undo what is named here, then resume the run; or release its hold.',
    });
  });

  it('closes what somebody opened, and keeps what else the rule asks for', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [open] });
    elbv2.on(ModifyRuleCommand).resolves({});
    expect((await wait(closedGate)).isErr()).toBe(true);
    expect(elbv2.commandCalls(ModifyRuleCommand).map(({ args }) => args[0].input)).toEqual([
      { RuleArn: 'rule-7', Conditions: [...open.Conditions!, { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } }] },
    ]);
  });

  it('ends a wait when somebody added a rule that lets visitors in, and closes it', async () => {
    const added: Rule = { RuleArn: 'rule-3', Priority: '3', Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['new.graasp.org'] } }], Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed, added] });
    elbv2.on(ModifyRuleCommand).resolves({});
    expect((await wait(closedGate))._unsafeUnwrapErr()).toMatchObject({
      changes: ['rule 3 (new.graasp.org): not there -> open'],
      message: 'somebody else changed what this run has set: rule 3 (new.graasp.org): not there -> open; closed again: rule 3 (new.graasp.org)',
    });
    expect(elbv2.commandCalls(ModifyRuleCommand).map(({ args }) => args[0].input.RuleArn)).toEqual(['rule-3']);
  });

  it('ends a wait when the default action lets visitors in', async () => {
    const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed, byDefault] });
    expect((await wait(closedGate))._unsafeUnwrapErr()).toMatchObject({ changes: ['default action: keeps visitors out -> forwards them'] });
  });

  it('leaves rules alone that were added closed, or lead to administration only, and every new one while the gate is open', async () => {
    const toAdmin: Rule = { ...open, RuleArn: 'rule-8', Actions: [{ Type: 'forward', TargetGroupArn: adminTargetGroup }] };
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed, { ...closed, RuleArn: 'rule-9' }, toAdmin] });
    expect((await wait(closedGate))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [open, { ...open, RuleArn: 'rule-9' }] });
    expect((await wait({ gate: { closed: [], open: ['rule-7'] } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });

  it('says so when it cannot be closed', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [open] });
    elbv2.on(ModifyRuleCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const { message } = (await wait(closedGate))._unsafeUnwrapErr() as { message: string };
    expect(message).toBe('somebody else changed what this run has set: rule 7 (dev.graasp.org): closed -> open; could not be closed again, visitors may come in: rule 7 (dev.graasp.org)');
  });

  it('looks no longer at what it has closed once it is aborted: who ends the process leaves seconds for the hold', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [open] });
    const abort = new AbortController();
    elbv2.on(ModifyRuleCommand).callsFake(() => (abort.abort(), {}));
    const env = testEnvironment({ internals: { run: testRun(closedGate) } });
    const begun = env.clock.now();
    await watchForeignChanges({ ...env, signal: abort.signal }, { atOnce: true });
    // to confirm what was seen
    expect(env.clock.now() - begun).toBe(10_000);
  });

  it('opens nothing that somebody closed', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed] });
    expect((await wait({ gate: { closed: [], open: ['rule-7'] } })).isErr()).toBe(true);
    expect(elbv2).toHaveReceivedCommandTimes(ModifyRuleCommand, 0);
  });

  it('leaves a wait alone while everything is as the run set it', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed] });
    expect((await wait(closedGate))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    // every 20 s of 120
    expect(elbv2.commandCalls(DescribeRulesCommand).length).toBeGreaterThan(4);
    expect(elbv2.commandCalls(DescribeRulesCommand).length).toBeLessThanOrEqual(8);
  });

  it('is not fooled by stale reads', async () => {
    elbv2.on(DescribeRulesCommand).resolvesOnce({ Rules: [open] }).resolvesOnce({ Rules: [open] }).resolves({ Rules: [closed] });
    expect((await wait(closedGate))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });

  it('tells a rule that is gone, and one that was closed', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed] });
    const error = (await wait({ gate: { closed: ['rule-8'], open: ['rule-7'] } }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ changes: ['rule rule-8: closed -> gone', 'rule 7 (dev.graasp.org): open -> closed'] });
  });

  it('tells desired counts and revisions that were changed, and services that are gone', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [{ ...graasp, desiredCount: 2, taskDefinition: 'arn:aws:ecs:eu-central-1:1:task-definition/graasp:8' }] });
    const error = (await wait({ desiredCounts: { graasp: 0, redis: 0 }, taskDefinitions: { graasp: graasp.taskDefinition! } }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ changes: ['service graasp: desired count 0 -> 2', 'service graasp: task definition graasp:7 -> graasp:8', 'service redis: there -> gone'] });
  });

  it('lets a count be that Auto Scaling may have set, and tells one outside of its limits', async () => {
    ecs.on(DescribeServicesCommand).resolves({ services: [{ ...graasp, desiredCount: 3 }] });
    expect((await wait({ desiredCounts: { graasp: { min: 2, max: 4 } } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    expect((await wait({ desiredCounts: { graasp: { min: 4, max: 8 } } }))._unsafeUnwrapErr()).toMatchObject({ changes: ['service graasp: desired count 4 to 8 -> 3'] });
  });

  it('leaves a rollback of the circuit breaker to the wait for the deployment', async () => {
    const deployments = [{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS' as const, rolloutStateReason: 'ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.' }];
    ecs.on(DescribeServicesCommand).resolves({ services: [{ ...graasp, taskDefinition: 'graasp:6', deployments }] });
    expect((await wait({ taskDefinitions: { graasp: graasp.taskDefinition! } }))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });

  it('tells scaling that was resumed, and a target that is gone', async () => {
    const SuspendedState = { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true };
    const target = { ServiceNamespace: 'ecs' as const, ScalableDimension: 'ecs:service:DesiredCount' as const, ResourceId: 'service/graasp-dev/graasp', MinCapacity: 0, MaxCapacity: 8, RoleARN: 'r', CreationTime: new Date(0), SuspendedState };
    scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [target] });
    const error = (await wait({ suspendedScaling: { graasp: true, workers: true } }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ changes: ['service graasp: scaling suspended -> active', 'service workers: scaling suspended -> gone'] });
  });

  it('judges nothing that cannot be read', async () => {
    elbv2.on(DescribeRulesCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    expect((await wait(closedGate))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });

  it('does not look in a plan', async () => {
    expect((await wait(closedGate, true)).isErr()).toBe(true);
    expect(elbv2).toHaveReceivedCommandTimes(DescribeRulesCommand, 0);
  });

  it('looks every 20 s, from the first wait on, and at once where that is asked for', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed] });
    const env = testEnvironment({ internals: { run: testRun(closedGate) } });
    const looks = async (seconds: number, options?: Parameters<typeof watchForeignChanges>[1]) => {
      elbv2.resetHistory();
      env.clock.time += seconds * 1000;
      (await watchForeignChanges(env, options))._unsafeUnwrap();
      return elbv2.commandCalls(DescribeRulesCommand).length;
    };
    expect([await looks(0), await looks(19.999), await looks(0.001), await looks(19.999), await looks(0, { atOnce: true }), await looks(0.001)]).toEqual([0, 0, 1, 0, 1, 1]);
  });

  it('looks in the first wait already of a run that was suspended', async () => {
    elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed] });
    const looks = async (suspension: object) => {
      elbv2.resetHistory();
      (await watchForeignChanges(testEnvironment({ internals: { run: testRun(closedGate), suspension: suspension as never } })))._unsafeUnwrap();
      return elbv2.commandCalls(DescribeRulesCommand).length;
    };
    expect([await looks({ at: null }), await looks({ at: { step: 's' } })]).toEqual([0, 1]);
  });

  it('is sure of a difference that three reads have shown, 5 s apart, and of what all of them have', async () => {
    const other: Rule = { ...open, RuleArn: 'rule-8', Priority: '8' };
    elbv2.on(DescribeRulesCommand).resolvesOnce({ Rules: [open, other] }).resolves({ Rules: [open] });
    elbv2.on(ModifyRuleCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const env = testEnvironment({ internals: { run: testRun({ gate: { closed: ['rule-7'], open: [] } }) } });
    const begun = env.clock.now();
    const error = (await confirmAsSet(env))._unsafeUnwrapErr();
    expect(error).toMatchObject({ changes: ['rule 7 (dev.graasp.org): closed -> open'] });
    expect(env.clock.now() - begun).toBeGreaterThanOrEqual(10_000);
    elbv2.on(DescribeRulesCommand).resolvesOnce({ Rules: [open] }).resolvesOnce({ Rules: [open] }).resolves({ Rules: [closed] });
    expect((await confirmAsSet(env)).isOk()).toBe(true);
  });
});

describe('confirmAsSet', () => {
  it('is an error where it cannot be read, and asks nothing in a plan, or outside a run', async () => {
    elbv2.on(DescribeRulesCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
    const run = testRun(closedGate);
    expect((await confirmAsSet(testEnvironment({ internals: { run } })))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied' });
    expect((await confirmAsSet(testEnvironment({ planning: true, internals: { run } }))).isOk()).toBe(true);
    expect((await confirmAsSet(testEnvironment())).isOk()).toBe(true);
    expect(elbv2).toHaveReceivedCommandTimes(DescribeRulesCommand, 1);
  });

  const expecting = (expectations: Partial<Expectations>) => confirmAsSet(testEnvironment({ internals: { run: testRun(expectations) } }));

  it.each<readonly [string, Partial<Service>, Partial<Expectations>, readonly string[] | null]>([
    ['a count at its lower limit', { desiredCount: 2 }, { desiredCounts: { graasp: { min: 2, max: 4 } } }, null],
    ['a count at its upper limit', { desiredCount: 4 }, { desiredCounts: { graasp: { min: 2, max: 4 } } }, null],
    ['a count above it', { desiredCount: 5 }, { desiredCounts: { graasp: { min: 2, max: 4 } } }, ['service graasp: desired count 2 to 4 -> 5']],
    ['a count of which only the service tells', { desiredCount: undefined }, { desiredCounts: { graasp: 1 } }, ['service graasp: desired count 1 -> 0']],
    ['a revision that is gone', { taskDefinition: undefined }, { taskDefinitions: { graasp: 'x/graasp:7' } }, ['service graasp: task definition graasp:7 -> none']],
    ['a deployment that has failed', { taskDefinition: 'x/graasp:6', deployments: [{ rolloutState: 'FAILED' }] }, { taskDefinitions: { graasp: 'x/graasp:7' } }, null],
    ['a deployment that was rolled back', { taskDefinition: 'x/graasp:6', deployments: [{ rolloutStateReason: 'Rolled back' }] }, { taskDefinitions: { graasp: 'x/graasp:7' } }, null],
    ['a deployment that goes on', { taskDefinition: 'x/graasp:6', deployments: [{ rolloutState: 'IN_PROGRESS' }] }, { taskDefinitions: { graasp: 'x/graasp:7' } }, ['service graasp: task definition graasp:7 -> graasp:6']],
    ['a service that was deleted', { status: 'INACTIVE' }, { desiredCounts: { graasp: 0 } }, ['service graasp: there -> gone']],
  ])('judges %s', async (_, service, expectations, changes) => {
    ecs.on(DescribeServicesCommand).resolves({ services: [{ ...graasp, ...service }] });
    const judged = await expecting(expectations);
    expect(judged.isOk() ? null : judged.error).toEqual(changes === null ? null : expect.objectContaining({ changes, message: `somebody else changed what this run has set: ${changes.join('; ')}` }));
  });
});
