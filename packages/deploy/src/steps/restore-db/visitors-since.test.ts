import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { graaspTargetGroup, headerName, headerValue, testEnvironment } from '../../environment/environment.fixture.js';
import { internals, type JsonValue } from '../../environment/environment.js';
import { closedConditions } from '../../gate/rules.js';
import { putJson } from '../../runs/store-document.js';
import { visitorsSince } from './visitors-since.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const rule: Rule = { RuleArn: 'r1', Priority: '1', Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['web.org'] } }], Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] };
const closed: Rule = { ...rule, Conditions: closedConditions(rule, { name: headerName, value: headerValue }) };
const taken = '2026-11-23T09:00:00.000Z';
const before = '2026-11-23T08:30:00.000Z';
const after = '2026-11-23T09:30:00.000Z';

interface Step {
  readonly startedAt: string;
  readonly records: Readonly<Record<string, JsonValue>>;
}

/** Who has been let in since 9 o'clock, as these runs have journalled it; it is 10. */
async function letIn(journals: readonly { readonly steps?: readonly Step[]; readonly putBack?: readonly Step[] }[], { gate = closed, snapshotId = 'snap' }: { readonly gate?: Rule; readonly snapshotId?: string | null } = {}) {
  elbv2.on(DescribeRulesCommand).resolves({ Rules: [gate] });
  const env = testEnvironment();
  for (const [index, { steps = [], putBack = [] }] of journals.entries()) (await putJson(env[internals].runStore, `dev/runs/run-${index}`, { attempts: [], steps: steps.map(named), putBack: putBack.map(named) }))._unsafeUnwrap();
  return (await visitorsSince(env, { snapshotId, databaseTime: taken }))._unsafeUnwrap();
}

const named = (step: Step) => ({ name: 'gate', waits: [], ...step });
const opens = (at: string): Step => ({ startedAt: at, records: { gateOpenedAt: at } });
const closes = (at: string): Step => ({ startedAt: at, records: { gateClosed: true } });

beforeEach(() => {
  elbv2.reset();
  ecs.reset();
  ecs.on(DescribeServicesCommand).resolves({ services: [{ serviceName: 'admin', desiredCount: 1 }] });
});

describe('visitorsSince', () => {
  it('is nobody while the gate has been closed all the time', async () => {
    expect(await letIn([])).toBeNull();
    expect(await letIn([{ steps: [closes(before)] }, { steps: [opens(before)] }])).toBeNull();
  });

  it('goes by the gate where no run tells of it: who is let in now may have been ever since', async () => {
    expect(await letIn([], { gate: rule })).toEqual({ since: taken, now: true, seconds: 3600 });
  });

  it.each<readonly [string, Parameters<typeof letIn>[0][number]]>([
    ['in a step', { steps: [opens(after)] }],
    ['while it put things back', { putBack: [opens(after)] }],
  ])('tells from when on a run has let them in %s, also where they are kept out by now', async (_, journal) => {
    expect(await letIn([journal])).toEqual({ since: after, now: false, seconds: 1800 });
    expect(await letIn([journal], { gate: rule })).toMatchObject({ since: after, now: true });
  });

  it('tells the first of several times', async () => {
    expect(await letIn([{ steps: [opens('2026-11-23T09:45:00.000Z')] }, { steps: [opens(after)] }])).toMatchObject({ since: after });
  });

  it('knows that they were there when a run has closed the gate since', async () => {
    expect(await letIn([{ steps: [closes(after)] }])).toEqual({ since: taken, now: false, seconds: 3600 });
  });

  it('goes by the clock of the machine that took the snapshot, where that is behind AWS', async () => {
    const behind = { steps: [{ startedAt: '2026-11-23T08:00:00.000Z', records: { restorePoint: { snapshotId: 'snap' } } }, closes(before)] };
    expect(await letIn([behind])).toMatchObject({ since: taken });
    expect(await letIn([behind], { snapshotId: 'another' })).toBeNull();
    expect(await letIn([behind], { snapshotId: null })).toBeNull();
  });
});
