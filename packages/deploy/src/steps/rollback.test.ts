import { type DeploymentConfiguration, DescribeServicesCommand, ECSClient, type Service, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Baseline, BaselineRollback } from '../runs/baseline.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { restoreRollback, withoutRollback } from './rollback.js';

const ecs = mockClient(ECSClient);
const breaker = (rollback: boolean) => ({ deploymentCircuitBreaker: { enable: true, rollback } });
const alarms = (rollback: boolean) => ({ alarms: { alarmNames: ['errors'], enable: true, rollback } });
const baseline = (changes: Partial<Baseline> = {}): Baseline => ({ takenAt: '', byRun: 'run-1', gate: {}, services: {}, targetGroups: {}, putAside: ['gate'], ...changes });

function inRun(known: Baseline) {
  const saved: Baseline[] = [];
  const run = { ...recordingRun({ baseline: known }), saveBaseline: (next: Baseline) => (saved.push(next), recordingRun().saveBaseline(next)) };
  return { env: environmentInRun(run), saved };
}

beforeEach(() => {
  ecs.reset();
  ecs.on(UpdateServiceCommand).resolves({ service: {} });
});

describe('withoutRollback', () => {
  it.each<readonly [string, DeploymentConfiguration, DeploymentConfiguration, BaselineRollback]>([
    ['by the circuit breaker', { maximumPercent: 200, ...breaker(true) }, { maximumPercent: 200, ...breaker(false) }, breaker(true)],
    ['by alarms', alarms(true), alarms(false), alarms(true)],
    ['by either', { ...breaker(true), ...alarms(false) }, { ...breaker(false), ...alarms(false) }, { ...breaker(true), ...alarms(false) }],
  ])('takes from ECS that it rolls back %s, and journals what was found', async (_, deploymentConfiguration, off, found) => {
    const { env, saved } = inRun(baseline());
    expect((await withoutRollback(env, { serviceName: 'graasp', deploymentConfiguration }))._unsafeUnwrap()).toEqual(off);
    expect(saved).toEqual([baseline({ rollbacks: { graasp: found }, putAside: ['gate', 'rollback:graasp'] })]);
  });

  it.each<readonly [string, Service]>([
    ['no configuration', { serviceName: 'graasp' }],
    ['a circuit breaker that does not', { serviceName: 'graasp', deploymentConfiguration: { ...breaker(false), ...alarms(false) } }],
  ])('leaves a service as it is that has %s', async (_, service) => {
    const { env, saved } = inRun(baseline());
    expect((await withoutRollback(env, service))._unsafeUnwrap()).toBeUndefined();
    expect(saved).toEqual([]);
  });

  it('does not take for found what it has itself turned off, of one of the two, when it is asked again', async () => {
    const { env, saved } = inRun(baseline({ rollbacks: { graasp: { ...breaker(true), ...alarms(true) } }, putAside: ['rollback:graasp'] }));
    expect((await withoutRollback(env, { serviceName: 'graasp', deploymentConfiguration: { ...breaker(false), ...alarms(true) } }))._unsafeUnwrap()).toEqual({ ...breaker(false), ...alarms(false) });
    expect(saved).toEqual([]);
  });

  it('keeps what was found of another service', async () => {
    const { env, saved } = inRun(baseline({ rollbacks: { redis: breaker(true) }, putAside: ['rollback:redis'] }));
    await withoutRollback(env, { serviceName: 'graasp', deploymentConfiguration: breaker(true) });
    expect(saved).toMatchObject([{ rollbacks: { redis: breaker(true), graasp: breaker(true) }, putAside: ['rollback:redis', 'rollback:graasp'] }]);
  });
});

describe('restoreRollback', () => {
  const away = baseline({ rollbacks: { graasp: { ...breaker(true), ...alarms(true) } }, putAside: ['gate', 'rollback:graasp'] });
  const service = (rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED', configuration: DeploymentConfiguration): Service => ({ serviceName: 'graasp', deploymentConfiguration: { maximumPercent: 200, ...configuration }, deployments: [{ rolloutState: 'COMPLETED' }, { rolloutState }] });
  const off = { ...breaker(false), ...alarms(false) };
  const on = { ...breaker(true), ...alarms(true) };
  const reads = (...services: readonly Service[]) => services.slice(0, -1).reduce((asked, one) => asked.resolvesOnce({ services: [one] }), ecs.on(DescribeServicesCommand)).resolves({ services: [services.at(-1)!] });
  const updates = () => ecs.commandCalls(UpdateServiceCommand).map(({ args }) => args[0].input.deploymentConfiguration);

  it('gives ECS back what was found once no deployment is under way, keeps what else is configured, and is done when both are read back', async () => {
    reads(service('IN_PROGRESS', off), service('COMPLETED', off), service('COMPLETED', { ...breaker(true), ...alarms(false) }), service('COMPLETED', { ...breaker(false), ...alarms(true) }), service('COMPLETED', on));
    const { env, saved } = inRun(away);
    expect((await restoreRollback(env, 'graasp')).isOk()).toBe(true);
    expect(updates()).toEqual([{ maximumPercent: 200, ...on }]);
    expect(env.events).toContainEqual({ type: 'change', planned: false, resource: 'service graasp', from: 'no rollback by ECS', to: 'rollback by ECS', operation: 'ecs:UpdateService', why: 'as it was found' });
    expect(env.events.flatMap((event) => (event.type === 'waiting' ? [[event.waitingFor, event.seen]] : []))).toEqual([['the deployment of graasp to have ended', 'not yet'], ['rollback of graasp to read back as it was found', 'not yet']]);
    expect(ecs.commandCalls(DescribeServicesCommand)).toHaveLength(5);
    expect(saved.map(({ putAside }) => putAside)).toEqual([['gate']]);
  });

  it('gives nothing back while a deployment is under way: a failure would bring back what was before', async () => {
    reads(service('IN_PROGRESS', off));
    const { env, saved } = inRun(away);
    expect((await restoreRollback(env, 'graasp'))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', waitingFor: 'the deployment of graasp to have ended' });
    expect(updates()).toEqual([]);
    expect(saved).toEqual([]);
  });

  it.each<readonly [string, Baseline]>([
    ['nothing was found', baseline({ putAside: ['rollback:graasp'] })],
    ['it is back already', { ...away, putAside: ['gate', 'rollback:redis'] }],
  ])('asks nothing where %s', async (_, known) => {
    expect((await restoreRollback(inRun(known).env, 'graasp')).isOk()).toBe(true);
    expect(ecs.calls()).toEqual([]);
  });
});
