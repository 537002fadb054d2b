import { connect, type DeployEvent, deployWithMigration } from '@graasp/deploy';
import { type Blueprint, type LocalCloud, type RuleBlueprint, startLocalCloud } from '@graasp/local-cloud';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { internals } from '../../packages/deploy/src/environment/environment.js';
import { type ExampleEnvironment, everyEnvironment, secrets } from './every-environment.fixture.js';

beforeEach(() => Object.entries(secrets).forEach(([name, value]) => vi.stubEnv(name, value)));
afterEach(() => vi.unstubAllEnvs());

interface Visit {
  readonly at: number;
  readonly url: string;
  readonly status: number;
}

interface Door {
  readonly url: string;
  readonly rule: RuleBlueprint;
}

/** A URL of each rule that leads to a service. */
function doorsOf({ loadBalancer: { listeners } }: Blueprint, dnsName: string): readonly Door[] {
  const { protocol, rules } = listeners.at(-1)!;
  const filled = (patterns: readonly string[], star: string) => patterns.map((pattern) => pattern.replaceAll('*', star))[0];
  const forwarding = rules.filter(({ action }) => 'forward' in action);
  return forwarding.map((rule) => {
    const host = filled(rule.conditions.flatMap((condition) => ('hostHeader' in condition ? condition.hostHeader : [])), 'any') ?? dnsName;
    const path = filled(rule.conditions.flatMap((condition) => ('pathPattern' in condition ? condition.pathPattern : [])), '') ?? '/';
    return { rule, url: `${protocol.toLowerCase()}://${host}${path}` };
  });
}

/** Rounds of visitors at every door, a minute apart, until they are sent home; then one more. */
function sendVisitors({ connection: { fetch, clock } }: LocalCloud, doors: readonly Door[]) {
  const home = new AbortController();
  const visits: Visit[] = [];
  const round = () => Promise.all(doors.map(async ({ url }) => visits.push({ url, at: clock.now(), status: (await fetch(url, { redirect: 'manual' })).status })));
  const visiting = (async () => {
    while (!home.signal.aborted) {
      await round();
      await clock.sleep(60_000, home.signal).catch(() => undefined);
    }
  })();
  const sendHome = async () => {
    home.abort();
    await visiting;
    await round();
  };
  return { visits, sendHome };
}

async function release({ definition, blueprint, images, version }: ExampleEnvironment) {
  const cloud = await startLocalCloud({ blueprint, images });
  const events: DeployEvent[] = [];
  const env = (await connect(definition, { ...cloud.connection, reporters: [{ report: (event) => events.push(event) }] }))._unsafeUnwrap();
  const doors = doorsOf(blueprint, env[internals].found.loadBalancerDnsName);
  const visitors = sendVisitors(cloud, doors);
  const released = await deployWithMigration(env, { version, reopen: 'when-verified' });
  await visitors.sendHome();
  const timeOf = (type: DeployEvent['type'], step: string) => Date.parse(events.find((event) => event.type === type && 'step' in event && event.step === step)?.at ?? '');
  return { cloud, doors, released, visits: visitors.visits, closedAt: timeOf('step-succeeded', 'gate-on'), openingAt: timeOf('step-started', 'gate-off') };
}

describe.each(everyEnvironment)('deployWithMigration on $name', { timeout: 90_000 }, (environment) => {
  it('migrates, lets nobody in while it is closed, and everybody at the end', async () => {
    const { cloud, doors, released, visits, closedAt, openingAt } = await release(environment);
    const { blueprint, definition, leaking, version } = environment;

    expect(released._unsafeUnwrap()).toMatchObject({ version, maintenance: 'off' });
    expect(cloud.inspect.database()?.model?.appliedMigrations).toHaveLength(1);
    expect(cloud.inspect.violations).toEqual([]);
    expect(cloud.inspect.defects).toEqual([]);

    const ofStaff = new Set(blueprint.services.filter(({ name }) => definition.services[name]?.role === 'administration').map(({ targetGroup }) => targetGroup?.name));
    const kept = doors.filter(({ rule }) => 'forward' in rule.action && !ofStaff.has(rule.action.forward) && !leaking.includes(rule.priority)).map(({ url }) => url);
    const meanwhile = visits.filter(({ at, url }) => kept.includes(url) && at > closedAt && at < openingAt);
    expect(meanwhile.length).toBeGreaterThan(5 * kept.length);
    expect(meanwhile.filter(({ status }) => status === 200)).toEqual([]);
    const last = visits.slice(-doors.length);
    expect(last.filter(({ status }) => status !== 200)).toEqual([]);
    await cloud.stop();
  });
});
