import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client, ModifyTargetGroupAttributesCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import type { Baseline } from '../runs/baseline.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { stopServices, type StopServicesOptions } from './stop-services.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const scaling = mockClient(ApplicationAutoScalingClient);
const { graasp, redis, admin } = definition.services;
/** Two services that use the database, one that does not, and administration on a database of its own. */
const services = { graasp: { ...graasp!, dependsOn: [] }, worker: { ...graasp!, dependsOn: [] }, redis: redis!, admin: { ...admin!, databases: [] } };
const baseline: Baseline = { takenAt: '2026-11-23T09:30:00.000Z', byRun: 'run-1', gate: {}, services: {}, targetGroups: {}, putAside: [] };

/** service -> when its one task stopped; null: AWS does not say; undefined: it had none. */
function stops(times: Readonly<Record<string, string | null>>): void {
  ecs.on(DescribeServicesCommand).callsFake(({ services: names = [] }: { readonly services?: readonly string[] }) => ({ services: names.map((serviceName) => ({ serviceName, desiredCount: serviceName in times ? 1 : 0, runningCount: 0, pendingCount: 0 })) }));
  ecs.on(ListTasksCommand).callsFake(({ serviceName, desiredStatus }: { readonly serviceName?: string; readonly desiredStatus?: string }) => ({ taskArns: serviceName !== undefined && serviceName in times && desiredStatus === 'STOPPED' ? [`tasks/${serviceName}`] : [] }));
  ecs.on(DescribeTasksCommand).callsFake(({ tasks = [] }: { readonly tasks?: readonly string[] }) => ({
    tasks: tasks.map((taskArn) => {
      const at = times[taskArn.replace('tasks/', '')] ?? null;
      return { taskArn, lastStatus: 'STOPPED', ...(at === null ? {} : { stoppedAt: new Date(at) }) };
    }),
  }));
}

async function stop(options: StopServicesOptions = {}) {
  const run = recordingRun({ step: 'stop-services', baseline });
  const env = environmentInRun(run, { definition: { ...definition, services } });
  return { run, env, report: (await stopServices(env, options))._unsafeUnwrap() };
}

const updated = () => ecs.commandCalls(UpdateServiceCommand).map(({ args }) => [args[0].input.service, args[0].input.desiredCount]);

beforeEach(() => {
  for (const client of [ecs, elbv2, scaling]) client.reset();
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [] });
  elbv2.on(DescribeTargetGroupsCommand).callsFake(({ TargetGroupArns = [] }: { readonly TargetGroupArns?: readonly string[] }) => ({ TargetGroups: TargetGroupArns.map((TargetGroupArn) => ({ TargetGroupArn, HealthCheckIntervalSeconds: 10, HealthCheckTimeoutSeconds: 5, UnhealthyThresholdCount: 2 })) }));
  elbv2.on(DescribeTargetGroupAttributesCommand).resolves({ Attributes: [] });
  scaling.on(DescribeScalableTargetsCommand).resolves({ ScalableTargets: [] });
  ecs.on(UpdateServiceCommand).resolves({ service: {} });
});

describe('stopServices', () => {
  it('records when the last task stopped that may write, whatever else stopped later', async () => {
    stops({ graasp: '2026-11-23T09:59:10.000Z', worker: '2026-11-23T09:59:20.000Z', redis: '2026-11-23T09:59:50.000Z' });
    const { run, report } = await stop();
    expect(report).toEqual({ stopped: ['graasp', 'worker', 'redis'], paused: [], tasks: 3, lastWriterStoppedAt: '2026-11-23T09:59:20.000Z' });
    expect(run.recall('lastWriterStoppedAt')).toBe('2026-11-23T09:59:20.000Z');
  });

  it('goes by those of which AWS says when they stopped', async () => {
    stops({ graasp: '2026-11-23T09:59:10.000Z', worker: null });
    const { run, report } = await stop();
    expect(report).toMatchObject({ tasks: 2, lastWriterStoppedAt: '2026-11-23T09:59:10.000Z' });
    expect(run.recall('lastWriterStoppedAt')).toBe('2026-11-23T09:59:10.000Z');
  });

  it.each([
    ['none of those that may write is known to have stopped', { graasp: null, redis: '2026-11-23T09:59:50.000Z' }],
    ['none ran', {}],
  ])('records no end when %s', async (_, times) => {
    stops(times);
    const { run, report } = await stop();
    expect(report.lastWriterStoppedAt).toBeNull();
    expect(run.entries.map(({ key }) => key)).not.toContain('lastWriterStoppedAt');
  });

  it('asks nothing of a service that is at 0 already, and waits for its tasks all the same', async () => {
    stops({ graasp: '2026-11-23T09:59:10.000Z' });
    await stop();
    expect(updated()).toEqual([['graasp', 0]]);
  });

  it('leaves administration alone that does not use the database, and the other services where some are named', async () => {
    stops({ graasp: null, worker: null, redis: null, admin: null });
    expect((await stop({ services: ['worker'] })).report).toMatchObject({ stopped: ['worker'], paused: [] });
    expect(updated()).toEqual([['worker', 0]]);
  });

  it('leaves target groups as they are when told never to tune them', async () => {
    stops({ graasp: null });
    await stop({ tuneTargetGroups: 'never' });
    expect(elbv2.commandCalls(ModifyTargetGroupAttributesCommand)).toEqual([]);
    await stop();
    expect(elbv2.commandCalls(ModifyTargetGroupAttributesCommand)).toHaveLength(1);
  });

  it('tells every wrong option before it asks anything', async () => {
    const wrong = { services: ['web'], administration: 'stop', otherTasks: 'kill', tuneTargetGroups: 'always', timeoutSeconds: 0 } as never;
    expect((await stopServices(environmentInRun(recordingRun()), wrong))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'timeoutSeconds: expected a positive number, got 0 (number)',
        expect.stringMatching(/^services: expected .*, got 'web' \(string\)$/) as string,
        "administration: expected 'pause' or 'keep', got 'stop' (string)",
        "otherTasks: expected 'refuse' or 'wait' or 'allow', got 'kill' (string)",
        "tuneTargetGroups: expected 'while-gated' or 'never', got 'always' (string)",
      ],
    });
    expect(ecs.calls()).toEqual([]);
  });

  it('tells what it stops, and why', async () => {
    stops({ worker: null });
    const { env } = await stop({ services: ['worker'], administration: 'keep', otherTasks: 'allow', tuneTargetGroups: 'while-gated', timeoutSeconds: 900 });
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'service worker', from: '1 task', to: '0 tasks', operation: 'ecs:UpdateService', why: 'nothing may write while the database is worked on' });
    expect(env.events).toContainEqual(expect.objectContaining({ type: 'waiting', waitingFor: 'tasks of worker to stop', timeoutSeconds: 900 }));
  });

  it('says what is lost with a service that keeps nothing', async () => {
    stops({ redis: null });
    const run = recordingRun({ step: 'stop-services', baseline });
    const env = environmentInRun(run, { definition: { ...definition, services: { ...services, redis: { ...redis!, volatile: true } } } });
    (await stopServices(env))._unsafeUnwrap();
    expect(env.events.filter(({ type }) => type === 'change')).toContainEqual(expect.objectContaining({ resource: 'service redis', from: '1 task', to: '0 tasks', why: 'nothing may write while the database is worked on; redis: contents are lost' }));
  });
});
