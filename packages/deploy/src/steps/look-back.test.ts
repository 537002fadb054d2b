import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, ElasticLoadBalancingV2Client, type Rule } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, graaspTargetGroup, headerName, headerValue } from '../environment/environment.fixture.js';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { closedConditions } from '../gate/rules.js';
import type { Baseline } from '../runs/baseline.js';
import { lookBack, releasedServices } from './look-back.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';

const ecs = mockClient(ECSClient);
const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const { graasp, redis } = definition.services;
const released: EnvironmentDefinition = { ...definition, services: { graasp: { ...graasp!, dependsOn: [] }, worker: { ...graasp!, dependsOn: [] }, redis: redis! } };
const rule = (priority: number): Rule => ({ RuleArn: `r${priority}`, Priority: String(priority), Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [`${priority}.org`] } }], Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] });
const closed = (priority: number): Rule => ({ ...rule(priority), Conditions: closedConditions(rule(priority), { name: headerName, value: headerValue }) });
const baseline = (...putAside: readonly string[]): Baseline => ({ takenAt: '2026-11-23T09:00:00.000Z', byRun: 'run-0', gate: {}, services: {}, targetGroups: {}, putAside });

/** Revisions that this library has made, which say their version; null: one that says nothing, with an image of elsewhere. */
function running(versions: Readonly<Record<string, string | null>>): void {
  ecs.on(DescribeServicesCommand).callsFake(({ services = [] }: { readonly services?: readonly string[] }) => ({ services: services.filter((name) => name in versions).map((serviceName) => ({ serviceName, taskDefinition: `${serviceName}:1` })) }));
  ecs.on(DescribeTaskDefinitionCommand).callsFake(({ taskDefinition = '' }: { readonly taskDefinition?: string }) => {
    const version = versions[taskDefinition.replace(':1', '')] ?? null;
    return { taskDefinition: { containerDefinitions: [{ name: 'core', image: 'elsewhere/core@sha256:1' }] }, tags: version === null ? [] : [{ key: 'graasp-deploy:version', value: version }] };
  });
}

const rules = (...found: readonly Rule[]) => elbv2.on(DescribeRulesCommand).resolves({ Rules: [...found] });
const look = (to: string, known?: Baseline) => lookBack(environmentInRun(recordingRun(known === undefined ? {} : { baseline: known }), { definition: released }), { to });

beforeEach(() => {
  ecs.reset();
  elbv2.reset();
  running({ graasp: 'v2.0.0', worker: 'v2.0.0' });
  rules(rule(1), rule(2));
});

describe('lookBack', () => {
  it('tells on which version each released service is', async () => {
    running({ graasp: 'v2.0.0', worker: null });
    expect((await look('v1.0.0'))._unsafeUnwrap()).toEqual({ from: { graasp: 'v2.0.0', worker: null }, maintenance: 'off', nextActions: [] });
  });

  it('offers to reopen after the run that has closed the gate, and only while that is away', async () => {
    expect((await look('v1.0.0', baseline('service:graasp', 'gate')))._unsafeUnwrap().nextActions).toEqual([{ text: 'Put back what is still away and let visitors in', command: 'reopen run-0' }]);
    expect((await look('v1.0.0', baseline('service:graasp', 'gate:administration')))._unsafeUnwrap().nextActions).toEqual([]);
    expect((await look('v1.0.0', baseline()))._unsafeUnwrap().nextActions).toEqual([]);
  });

  it.each<readonly [string, readonly Rule[], 'on' | 'off']>([
    ['every rule is closed', [closed(1), closed(2)], 'on'],
    ['a rule is open', [closed(1), rule(2)], 'off'],
    ['there is no rule', [], 'off'],
  ])('says of maintenance, when %s, what is so', async (_, found, maintenance) => {
    rules(...found);
    expect((await look('v1.0.0'))._unsafeUnwrap()).toMatchObject({ maintenance });
  });

  it('is no way to a version that is newer than everything that runs', async () => {
    running({ graasp: 'v2.0.0', worker: 'v1.9.0' });
    expect((await look('v2.0.1'))._unsafeUnwrapErr()).toEqual({
      kind: 'Refused',
      rule: 'not-older',
      message: 'v2.0.1 is newer than everything that runs (graasp v2.0.0, worker v1.9.0): that would be no way back. Nothing was changed.',
      remedy: 'Deploy it with deployWithoutMigration, or deployWithMigration where it changes the schema.',
    });
  });

  it('goes back to the version that one of them is on, that one of them is past, or where one tells nothing', async () => {
    running({ graasp: 'v2.0.0', worker: 'v1.9.0' });
    expect((await look('v2.0.0')).isOk()).toBe(true);
    expect((await look('v1.9.5')).isOk()).toBe(true);
    running({ graasp: 'v1.0.0', worker: null });
    expect((await look('v3.0.0')).isOk()).toBe(true);
  });

  it('goes back in services alone that have release images', () => {
    expect(releasedServices(released)).toEqual(['graasp', 'worker']);
  });
});
