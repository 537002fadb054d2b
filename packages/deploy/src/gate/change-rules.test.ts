import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import { errAsync, okAsync } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Rule, RuleCondition } from '../aws/elbv2.js';
import { headerName, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import { environmentInRun, recordingRun } from '../steps/recording-run.fixture.js';
import { changeRules } from './change-rules.js';
import { closedConditions, isClosed } from './rules.js';

const elbv2 = mockClient(ElasticLoadBalancingV2Client);
const header = { name: headerName, value: headerValue };
const open = (priority: number, host: string): Rule => ({ RuleArn: `r${priority}`, Priority: String(priority), Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }] });
const api = open(2, 'api.org');
const web = open(1, 'web.org');
const closed = (rule: Rule): Rule => ({ ...rule, Conditions: closedConditions(rule, header) });
const refused = (name: string) => Object.assign(new Error('no'), { name });

/** The listener as it is, by the rule's ARN. */
const listener = new Map<string, Rule>();
const closedNow = () => [...listener.values()].filter((rule) => isClosed(rule, header)).map(({ RuleArn }) => RuleArn);
const modified = () => elbv2.commandCalls(ModifyRuleCommand).map(({ args }) => args[0].input.RuleArn);

/** From the given call on ModifyRule is answered by this error. */
function modifiesUntil(call: number, name: string): void {
  let calls = 0;
  elbv2.on(ModifyRuleCommand).callsFake(({ RuleArn, Conditions }: { RuleArn: string; Conditions: RuleCondition[] }) => {
    calls += 1;
    if (calls >= call) throw refused(name);
    listener.set(RuleArn, { ...listener.get(RuleArn), Conditions });
    return {};
  });
}

beforeEach(() => {
  elbv2.reset();
  listener.clear();
  for (const rule of [api, web]) listener.set(rule.RuleArn!, rule);
  elbv2.on(DescribeRulesCommand).callsFake(({ RuleArns }: { RuleArns: string[] }) => ({ Rules: RuleArns.flatMap((arn) => listener.get(arn) ?? []) }));
  modifiesUntil(Infinity, '');
});

const inRun = () => {
  const run = recordingRun();
  return { run, env: environmentInRun(run) };
};
const close = { rules: [api, web], among: [api, web], to: 'closed' } as const;
const notProven = () => errAsync({ kind: 'TimedOut', message: 'web.org still answers 200' });

describe('changeRules', () => {
  it('closes rule by rule, and gives what the proof tells', async () => {
    const { env, run } = inRun();
    expect((await changeRules(env, header, close, () => okAsync('proven')))._unsafeUnwrap()).toBe('proven');
    expect(closedNow()).toEqual(['r2', 'r1']);
    expect(run.recall('rulesClosed')).toEqual(['r2', 'r1']);
  });

  it('works outside a run too, where nothing is journalled', async () => {
    expect((await changeRules(testEnvironment(), header, close, notProven))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    expect(modified()).toEqual(['r2', 'r1', 'r1', 'r2']);
    expect(closedNow()).toEqual([]);
  });

  it('gives a rule back that was closed when it may not close the next, and tells what is not allowed', async () => {
    const modify = (arn: string) => elbv2.on(ModifyRuleCommand, { RuleArn: arn });
    modify('r2').callsFake(({ Conditions }: { Conditions: RuleCondition[] }) => void listener.set('r2', { ...api, Conditions }));
    modify('r1').rejects(refused('AccessDeniedException'));
    const { env, run } = inRun();
    expect((await changeRules(env, header, close, () => okAsync(null)))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'elasticloadbalancing:ModifyRule' });
    expect(modified()).toEqual(['r2', 'r1', 'r2']);
    expect(closedNow()).toEqual([]);
    expect(env.events).toContainEqual({ type: 'undoing', why: '1 rule was closed before the failure' });
    expect(run.recall('rulesClosed')).toEqual([]);
  });

  it('tells that it may not close rules, of which none was changed', async () => {
    modifiesUntil(1, 'AccessDeniedException');
    const { env, run } = inRun();
    expect((await changeRules(env, header, close, () => okAsync(null)))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'elasticloadbalancing:ModifyRule' });
    expect(modified()).toEqual(['r2']);
    expect(run.recall('rulesClosed')).toEqual([]);
  });

  it.each([
    [3, ['r1', 'r2'], 'The gate could not be closed, and rule 1 (web.org), rule 2 (api.org) could not be given back: they are still closed.'],
    [4, ['r2'], 'The gate could not be closed, and rule 2 (api.org) could not be given back: it is still closed.'],
  ])('names the rules that it could not give back, and journals them, when call %i is the first that fails', async (call, stuck, message) => {
    modifiesUntil(call, 'InternalFailure');
    const { env, run } = inRun();
    expect((await changeRules(env, header, close, notProven))._unsafeUnwrapErr()).toMatchObject({ kind: 'PartialChange', message, remedy: "Run setMaintenance(env, 'off') once the balancer can be reached." });
    expect(closedNow().sort()).toEqual([...stuck].sort());
    expect(run.recall('rulesClosed')).toEqual(stuck);
  });

  it('takes away its own condition alone, from a rule that somebody else has changed since it was closed', async () => {
    const { env } = inRun();
    const meanwhile = () => {
      const { Conditions = [] } = listener.get('r1')!;
      listener.set('r1', { ...web, Conditions: [...Conditions, { Field: 'path-pattern', PathPatternConfig: { Values: ['/new/*'] } }] });
      listener.delete('r2');
      return notProven();
    };
    expect((await changeRules(env, header, close, meanwhile))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
    expect([...listener.values()]).toEqual([{ ...web, Conditions: [...web.Conditions!, { Field: 'path-pattern', PathPatternConfig: { Values: ['/new/*'] } }] }]);
  });

  it('gives nothing back of a rule that it could not read again', async () => {
    elbv2.on(DescribeRulesCommand).rejects(refused('AccessDeniedException'));
    const { env } = inRun();
    expect((await changeRules(env, header, close, () => okAsync(null)))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action: 'elasticloadbalancing:DescribeRules' });
    expect(modified()).toEqual([]);
    expect(env.events).toEqual([]);
  });

  it('gives a rule back whose answer was lost: it may be closed', async () => {
    let calls = 0;
    elbv2.on(ModifyRuleCommand).callsFake(({ Conditions }: { Conditions: RuleCondition[] }) => {
      listener.set('r2', { ...api, Conditions });
      calls += 1;
      if (calls === 1) throw refused('OddException');
      return {};
    });
    const { env } = inRun();
    expect((await changeRules(env, header, close, () => okAsync(null)))._unsafeUnwrapErr()).toMatchObject({ kind: 'Unexpected', code: 'OddException' });
    expect(modified()).toEqual(['r2', 'r2']);
    expect(closedNow()).toEqual([]);
  });

  it('asks for maintenance to be put on by hand when it could neither open the gate nor close it again', async () => {
    listener.set('r1', closed(web));
    modifiesUntil(2, 'InternalFailure');
    const { env } = inRun();
    expect((await changeRules(env, header, { rules: [closed(web)], among: [closed(web)], to: 'open' }, notProven))._unsafeUnwrapErr()).toMatchObject({
      message: 'The gate could not be open, and rule 1 (web.org) could not be given back: it is still open.',
      remedy: "Run setMaintenance(env, 'on') once the balancer can be reached.",
    });
    expect(closedNow()).toEqual([]);
  });

  it.each([
    ['changed', { ...web, Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['www.org'] } }] }],
    ['emptied', { RuleArn: 'r1', Priority: '1' }],
    ['removed', null],
  ])('leaves a rule alone that somebody else has %s meanwhile, and gives back its own', async (_, theirs) => {
    if (theirs === null) listener.delete('r1');
    else listener.set('r1', theirs);
    const { env } = inRun();
    expect((await changeRules(env, header, close, () => okAsync(null)))._unsafeUnwrapErr()).toMatchObject({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: ['rule 1 (web.org)'],
      message: 'Somebody else changed rule 1 (web.org) while the gate was being changed. Their change was not overwritten.',
      remedy: 'Find out who changes the listener (an apply of the infrastructure code?), let it finish, then run again.',
    });
    expect(modified()).toEqual(['r2', 'r2']);
    expect(listener.get('r1')).toEqual(theirs ?? undefined);
  });

  it('changes nothing, and gives nothing back, once it is aborted', async () => {
    const run = recordingRun();
    const env = environmentInRun(run, { signal: AbortSignal.abort() });
    expect((await changeRules(env, header, close, () => okAsync(null)))._unsafeUnwrapErr()).toMatchObject({ kind: 'Aborted', waitingFor: 'the gate to be closed' });
    expect(modified()).toEqual([]);
    expect(env.events).toEqual([]);
    expect(run.recall('rulesClosed')).toEqual([]);
  });

  it('leaves closed what it has closed while a run puts things back, and says so', async () => {
    const run = { ...recordingRun(), puttingBack: true };
    expect((await changeRules(environmentInRun(run), header, close, notProven))._unsafeUnwrapErr()).toMatchObject({ message: 'web.org still answers 200 rule 2 (api.org), rule 1 (web.org) stay closed.' });
    expect(closedNow()).toEqual(['r2', 'r1']);
    expect(run.recall('rulesClosed')).toEqual(['r2', 'r1']);
  });
});
