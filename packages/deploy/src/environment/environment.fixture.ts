import { ok, okAsync } from 'neverthrow';
import { createClients } from '../aws/clients.js';
import { plannedClients } from '../aws/planned-clients.js';
import type { Clock } from '../clock.js';
import type { FrontDoor } from '../front-door.js';
import { Redacted } from '../redacted.js';
import type { DeployEventBody } from '../reports/events.js';
import { memoryRunStore } from '../runs/memory-run-store.js';
import type { EnvironmentDefinition } from './definition.js';
import { internals, type Environment, type EnvironmentInternals, type Expectations, type RunHandle } from './environment.js';

/** What unit tests share: an environment that was never connected, in a time of its own. */
export const headerName = 'x-maintenance';
export const headerValue = 'let-me-in';

export const definition: EnvironmentDefinition = {
  name: 'dev',
  region: 'eu-central-1',
  cluster: 'graasp-dev',
  loadBalancer: 'graasp-dev',
  database: 'graasp-dev',
  services: {
    graasp: { role: 'application', desiredCount: 1, release: { core: { tag: 'core-{version}' } }, dependsOn: ['redis'] },
    redis: { role: 'application', desiredCount: 1, databases: [] },
    admin: { role: 'administration', desiredCount: 1 },
  },
  maintenance: { headerName, headerValue: { fromEnv: 'MAINTENANCE_HEADER_SECRET' } },
  migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'graasp' },
  images: { repository: 'graasp' },
};

const balancer = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';
export const graaspTargetGroup = `${balancer}:targetgroup/graasp/1111`;
export const adminTargetGroup = `${balancer}:targetgroup/admin/2222`;
export const listenerArn = `${balancer}:listener/app/graasp-dev/50dc/f2f7`;
export const loadBalancerArn = `${balancer}:loadbalancer/app/graasp-dev/50dc`;

export interface TestClock extends Clock {
  /** Milliseconds since the epoch, moved by every sleep. */
  time: number;
}

/** Nothing sleeps: a sleep moves the time. */
export function testClock(time = Date.parse('2026-11-23T10:00:00Z')): TestClock {
  const clock = {
    time,
    now: () => clock.time,
    sleep: (ms: number, signal?: AbortSignal) => {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      clock.time += ms;
      return Promise.resolve();
    },
    random: () => 0.5,
    background: { now: () => clock.time, sleep: sleepUntilAborted, random: () => 0.5 },
  };
  return clock;
}

/** The time of a test passes only where somebody sleeps in the foreground. */
function sleepUntilAborted(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}

export interface TestEnvironment extends Environment {
  readonly clock: TestClock;
  readonly events: DeployEventBody[];
}

export interface TestEnvironmentOptions {
  readonly definition?: EnvironmentDefinition;
  readonly signal?: AbortSignal;
  /** default false */
  readonly planning?: boolean | undefined;
  readonly internals?: Partial<EnvironmentInternals>;
}

export function testEnvironment(options: TestEnvironmentOptions = {}): TestEnvironment {
  const clock = testClock();
  const events: DeployEventBody[] = [];
  const credentials = () => Promise.resolve({ accessKeyId: 'test', secretAccessKey: 'test' });
  const { definition: given = definition, signal = new AbortController().signal } = options;
  return {
    definition: given,
    runId: null,
    planning: options.planning ?? false,
    clock,
    signal,
    events,
    emit: (event) => void events.push(event),
    [internals]: {
      clients: createClients(given.region, { credentials }),
      accountId: '123456789012',
      header: { name: headerName, value: new Redacted(headerValue) },
      found: {
        clusterArn: 'arn:aws:ecs:eu-central-1:123456789012:cluster/graasp-dev',
        loadBalancerArn,
        loadBalancerDnsName: 'graasp-dev.elb.amazonaws.com',
        listenerArn,
        listenerProtocol: 'HTTPS',
        listenerPort: 443,
        targetGroupsOf: {
          graasp: [{ targetGroupArn: graaspTargetGroup, containerName: 'core', containerPort: 3111 }],
          redis: [],
          admin: [{ targetGroupArn: adminTargetGroup, containerName: 'admin', containerPort: 4000 }],
        },
        databaseResourceId: 'db-1',
      },
      umami: null,
      sql: null,
      frontDoor: closedDoor,
      fetch: () => Promise.reject(new TypeError('fetch failed')),
      runStore: memoryRunStore(),
      lockWaitSeconds: 0,
      reporters: [],
      checks: {},
      commands: { resume: 'resume {run}', retryMigration: 'retry {run}', reopen: 'reopen {run}', restoreDb: 'restore {snapshot}', rollBack: 'roll back {version}', deploy: 'deploy {version}', releaseHold: 'release {run}' },
      run: null,
      ...options.internals,
    },
  };
}

/** What makes an environment one of a plan. */
export function planOptions(): Pick<TestEnvironmentOptions, 'planning' | 'internals'> {
  return { planning: true, internals: { clients: plannedClients(testEnvironment()[internals].clients) } };
}

/** Every visitor is sent to the maintenance page. */
export const closedDoor: FrontDoor = {
  addresses: () => Promise.resolve(['10.0.0.1']),
  request: () => Promise.resolve({ status: 302, location: 'https://maintenance.dev.graasp.org/', headers: {}, body: '' }),
};

/** A run that only tells what it expects. */
export function testRun(expectations: Partial<Expectations> = {}): RunHandle {
  return {
    id: 'run-1',
    recipe: 'test',
    step: 'step',
    puttingBack: false,
    assertLock: () => ok(undefined),
    carry: (send) => send(),
    record: () => okAsync(undefined),
    recall: () => undefined,
    recallFact: () => undefined,
    baseline: () => null,
    saveBaseline: () => okAsync(undefined),
    expectations: { gate: null, desiredCounts: {}, suspendedScaling: {}, taskDefinitions: {}, ...expectations },
    expect: () => okAsync(undefined),
    usualSeconds: () => undefined,
    suspend: () => okAsync(undefined),
  };
}
