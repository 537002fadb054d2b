import { ok, okAsync, ResultAsync } from 'neverthrow';
import type { AwsClients } from '../../aws/clients.js';
import { type Environment, type EnvironmentInternals, internals } from '../../environment/environment.js';
import type { LockLost } from '../../errors.js';
import { Redacted } from '../../redacted.js';
import type { DeployEvent } from '../../reports/events.js';
import { memoryRunStore } from '../memory-run-store.js';
import type { RunStore } from '../run-store.js';
import { testClock, type TestClock } from './clock.js';

export interface TestEnvironment {
  readonly env: Environment;
  readonly clock: TestClock;
  readonly store: RunStore;
  readonly events: DeployEvent[];
  readonly abort: AbortController;
  /** Another process on the same store. */
  another(): TestEnvironment;
}

/** An environment without AWS: every call fails at once, so that states are unknown. */
export function testEnvironment(options: { readonly store?: RunStore | undefined; readonly clock?: TestClock | undefined; readonly lockWaitSeconds?: number } = {}): TestEnvironment {
  const clock = options.clock ?? testClock();
  const store = options.store ?? memoryRunStore({ self: { actor: 'anna@laptop' } });
  const events: DeployEvent[] = [];
  const abort = new AbortController();
  const refuse = () => Promise.reject(Object.assign(new Error('no AWS in this test'), { name: 'AccessDeniedException' }));
  const clients = new Proxy({ region: 'eu-central-1' }, { get: (target, name) => (name === 'region' ? target.region : name === 'forget' ? () => undefined : refuse) }) as unknown as AwsClients;
  const own: EnvironmentInternals = {
    clients,
    accountId: '123456789012',
    header: { name: 'x-maintenance-key', value: new Redacted('open-sesame') },
    found: { clusterArn: 'c', loadBalancerArn: 'l', loadBalancerDnsName: 'd', listenerArn: 'li', listenerProtocol: 'HTTPS', listenerPort: 443, targetGroupsOf: {}, databaseResourceId: 'db-1' },
    umami: null,
    sql: null,
    frontDoor: { addresses: () => Promise.resolve([null]), request: refuse },
    fetch: refuse,
    runStore: store,
    lockWaitSeconds: options.lockWaitSeconds ?? 0,
    reporters: [{ report: (event) => void events.push(event) }],
    checks: {},
    commands: {
      resume: 'release --resume {run}',
      retryMigration: 'release --resume {run} --retry-migration',
      reopen: 'release --reopen {run}',
      restoreDb: 'release --restore {snapshot}',
      rollBack: 'release --roll-back {version}',
      deploy: 'release --version {version}',
      releaseHold: 'release --release-hold {run}',
    },
    run: null,
  };
  const env: Environment = {
    definition: {
      name: 'dev',
      region: 'eu-central-1',
      cluster: 'graasp-dev',
      loadBalancer: 'graasp-dev',
      database: 'graasp-dev',
      services: { graasp: { role: 'application', desiredCount: 1 } },
      maintenance: { headerName: { fromEnv: 'NAME' }, headerValue: { fromEnv: 'VALUE' } },
    },
    runId: null,
    planning: false,
    clock,
    signal: abort.signal,
    emit: (event) => void events.push({ at: '', environment: 'dev', runId: null, ...event }),
    [internals]: own,
  };
  return { env, clock, store, events, abort, another: () => testEnvironment({ ...options, clock, store }) };
}

/** A step that changes something, as far as its run is concerned. */
export function changing<T>(report: T): (env: Environment) => ResultAsync<T, LockLost> {
  return (env) => okAsync(undefined).andThen(() => env[internals].run!.assertLock()).map(() => report);
}

/** A step that sleeps on the environment's clock, until the environment's signal is aborted. */
export function sleeping(seconds: number): (env: Environment) => ResultAsync<{ readonly slept: number }, { readonly kind: 'Aborted'; readonly message: string; readonly remedy: string; readonly waitingFor: string }> {
  return (env) =>
    new ResultAsync(
      env.clock.sleep(seconds * 1000, env.signal).then(
        () => ok({ slept: seconds }),
        () => errAborted(),
      ),
    );
}

function errAborted() {
  return ResultAsync.fromPromise(Promise.reject<never>(new Error('aborted')), () => ({ kind: 'Aborted' as const, message: 'aborted while sleeping', remedy: 'Resume.', waitingFor: 'sleep' }));
}
