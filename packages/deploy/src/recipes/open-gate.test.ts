import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { graaspTargetGroup, headerName, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import type { Baseline } from '../runs/baseline.js';
import { environmentInRun, recordingRun, type RecordingRunOptions } from '../steps/recording-run.fixture.js';
import { openGate, openGateAgain } from './open-gate.js';

const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const ecs = mockClient(ECSClient);
beforeEach(() => {
  elbv2.reset();
  ecs.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'admin', desiredCount: 1 }] });
});

const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
const closed = (at: string): Rule => ({ RuleArn: at, Priority: at, Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [`${at}.org`] } }, header], Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] });
const baseline = (gate: Baseline['gate']): Baseline => ({ takenAt: '', byRun: 'run-1', gate, services: {}, targetGroups: {}, putAside: ['gate'] });
const stays = { type: 'note', message: 'Maintenance was on before this run began, and stays on.' };
const report = { maintenance: 'on', rulesChanged: [], distributionsChanged: [], provenAt: '', hosts: [], addresses: 0, unseen: [], leaks: [] };

/** What is said, and whether any rule was touched, of two closed rules. */
async function opened(gate: Baseline['gate'] | null, options: RecordingRunOptions = {}, open: typeof openGateAgain = openGate) {
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [closed('1'), closed('2'), { RuleArn: 'd', Priority: 'default', IsDefault: true }] });
  elbv2.on(ModifyRuleCommand).resolves({});
  const env = environmentInRun(recordingRun({ ...options, ...(gate === null ? {} : { baseline: baseline(gate) }) }));
  const result = await open(env);
  return { result: result.isOk() ? result.value : null, notes: env.events.filter(({ type }) => type === 'note'), touched: elbv2.commandCalls(ModifyRuleCommand).length > 0 };
}

describe('openGate', () => {
  it('leaves closed what was closed before the run began, and says so', async () => {
    expect(await opened({ 1: true, 2: true })).toEqual({ result: report, notes: [stays], touched: false });
  });

  it.each<readonly [string, Baseline['gate'] | null]>([
    ['nothing was found', null],
    ['one was open', { 1: true, 2: false }],
    ['one was not there', { 1: true }],
    ['all were open', { 1: false, 2: false }],
  ])('does not take it for closed before where %s', async (_, gate) => {
    const { notes, result } = await opened(gate);
    expect(notes).not.toContainEqual(stays);
    expect(result).not.toEqual(report);
  });
});

describe('openGateAgain', () => {
  const again = (facts: NonNullable<RecordingRunOptions['facts']>, gate: Baseline['gate']) => opened(gate, { facts }, openGateAgain);

  it('opens what this run has closed', async () => {
    expect(await again({ gateClosed: true }, { 1: false, 2: false })).toMatchObject({ touched: true });
  });

  it('leaves closed what it has not, also where that was open when an earlier run found it', async () => {
    expect(await again({}, { 1: false, 2: false })).toEqual({ result: report, notes: [stays], touched: false });
    expect(await again({ gateClosed: false }, { 1: false, 2: false })).toEqual({ result: report, notes: [stays], touched: false });
  });

  it('opens nothing outside of a run', async () => {
    const env = testEnvironment();
    expect((await openGateAgain(env))._unsafeUnwrap()).toEqual(report);
  });
});
