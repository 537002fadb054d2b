import { DescribeRulesCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { deployWithMigration } from '@graasp/deploy';
import type { LocalCloud } from '@graasp/local-cloud';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextVersion, type ShopProcess, startShop } from './shop.js';

vi.setConfig({ testTimeout: 60_000 });

const clouds: LocalCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

/** Somebody applies the infrastructure code, or clicks, while the migration runs. */
async function releaseWhile(interfere: (cloud: LocalCloud) => Promise<void>): Promise<{ readonly shop: ShopProcess; readonly error: unknown; readonly violations: number }> {
  const shop = await startShop();
  clouds.push(shop.cloud);
  let interfering: Promise<void> | undefined;
  const push = shop.events.push.bind(shop.events);
  shop.events.push = (...events) => {
    if (interfering === undefined && events.some((event) => event.type === 'change' && event.operation === 'ecs:RunTask' && shop.cloud.inspect.services().every(({ desiredCount }) => desiredCount === 0))) interfering = interfere(shop.cloud);
    return push(...events);
  };
  const result = await deployWithMigration(shop.env, { version: nextVersion, reopen: 'when-verified' });
  await interfering;
  expect(interfering).toBeDefined();
  return { shop, error: result._unsafeUnwrapErr(), violations: shop.cloud.inspect.violations.length };
}

const config = (cloud: LocalCloud) => ({ region: 'eu-central-1', credentials: cloud.connection.aws.credentials, requestHandler: cloud.connection.aws.requestHandler as never });

async function openRule(cloud: LocalCloud): Promise<void> {
  const client = new ElasticLoadBalancingV2Client(config(cloud));
  const { ruleArn, listenerArn } = cloud.inspect.rules().find(({ priority }) => priority === '1')!;
  const { Rules = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listenerArn }));
  const conditions: RuleCondition[] = (Rules.find(({ RuleArn }) => RuleArn === ruleArn)?.Conditions ?? []).filter(({ Field }) => Field !== 'http-header').map(({ Values: _, ...condition }) => condition);
  await client.send(new ModifyRuleCommand({ RuleArn: ruleArn, Conditions: conditions }));
}

async function startService(cloud: LocalCloud): Promise<void> {
  await new ECSClient(config(cloud)).send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 2 }));
}

describe('a change by somebody else during the migration', () => {
  it('of a rule ends the run in a hold, with the gate closed again', async () => {
    const { shop, error } = await releaseWhile(openRule);
    expect(error).toMatchObject({
      kind: 'Conflict',
      reason: 'foreign-change',
      changes: ['rule 1 (shop.test): closed -> open'],
      message: expect.stringContaining('closed again: rule 1 (shop.test)') as string,
      situation: { step: 'run-migration', left: 'hold', maintenance: 'on' },
    });
    const visitor = await shop.cloud.connection.fetch('https://shop.test/', { redirect: 'manual' });
    expect([visitor.status, visitor.headers.get('location')]).toEqual([302, expect.stringContaining('closed.shop.test')]);
  });

  it('of a desired count ends the run in a hold, and names it', async () => {
    const { error } = await releaseWhile(startService);
    expect(error).toMatchObject({ kind: 'Conflict', reason: 'foreign-change', changes: ['service web: desired count 0 -> 2'], situation: { step: 'run-migration', left: 'hold' } });
  });
});
