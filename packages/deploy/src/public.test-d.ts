import type { ResultAsync } from 'neverthrow';
import {
  defineEnvironment,
  deployCore,
  deployWithMigration,
  failure,
  preflight,
  readState,
  secretFromEnv,
  setMaintenance,
  startServices,
  type AwsError,
  type awaitDrained,
  type connect,
  type keepDbStopped,
  type startDb,
  type stopDb,
  type ConnectError,
  type DeployError,
  type Environment,
  type EnvironmentDefinition,
  type GateLeak,
  type promoteImage,
  type verifyDeployment,
  type WaitError,
} from './index.js';

/** Compiled, never run: what must not compile is marked, and fails the build when it does. */
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function expectType<T extends true>(): T;
type Kinds<F> = F extends (...args: never[]) => ResultAsync<unknown, infer E extends { kind: string }> ? E['kind'] : never;
/** What a call answers is not looked at: that it compiles, or does not, is the test. */
declare function never(call: () => unknown): void;

const maintenance = { headerName: 'x-maintenance', headerValue: secretFromEnv('MAINTENANCE_HEADER_SECRET') };
const names = { name: 'dev', region: 'eu-central-1', cluster: 'graasp-dev', loadBalancer: 'graasp-dev', database: 'graasp-dev', maintenance };
const graasp = { role: 'application', desiredCount: 1 } as const;

// a definition knows its services, and refers to no other
const dev = defineEnvironment({ ...names, services: { graasp, redis: graasp } });
expectType<Equal<typeof dev, EnvironmentDefinition<'graasp' | 'redis'>>>();
defineEnvironment({ ...names, services: { graasp: { ...graasp, dependsOn: ['redis'] }, redis: graasp }, migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'graasp' } });
// @ts-expect-error radis is no service
defineEnvironment({ ...names, services: { graasp: { ...graasp, dependsOn: ['radis'] }, redis: graasp } });
// @ts-expect-error grasp is no service
defineEnvironment({ ...names, services: { graasp }, migration: { taskDefinitionFamily: 'migrate', tag: 'migrate-{version}', networkOf: 'grasp' } });
// @ts-expect-error no such service
defineEnvironment({ ...names, services: { graasp }, sqlTask: { taskDefinitionFamily: 'sql', networkOf: 'grasp' } });
// @ts-expect-error a tag without the version would be the same image every time
defineEnvironment({ ...names, services: { graasp: { ...graasp, release: { core: { tag: 'core-latest' } } } } });
// @ts-expect-error a secret is not written into a definition
defineEnvironment({ ...names, maintenance: { ...maintenance, headerValue: 'let-me-in' }, services: { graasp } });
// @ts-expect-error there are two roles
defineEnvironment({ ...names, services: { graasp: { ...graasp, role: 'database' } } });

// services are checked where they are named
declare const env: Environment<'graasp' | 'redis'>;
never(() => deployCore(env, { version: 'v1.54.8', services: ['graasp'] }));
// @ts-expect-error grasp is no service
never(() => deployCore(env, { version: 'v1.54.8', services: ['grasp'] }));
// @ts-expect-error nor here
never(() => startServices(env, { services: ['grasp'] }));
expectType<Equal<ReturnType<typeof connect<'graasp' | 'redis'>>, ResultAsync<Environment<'graasp' | 'redis'>, ConnectError>>>();

// a step can tell a plan from a run, and not the other way round
expectType<Equal<Environment['planning'], boolean>>();
// @ts-expect-error what env is told is not changed
never(() => (env.planning = true));

// a definition is no environment
// @ts-expect-error connect it first
never(() => readState(dev));
// @ts-expect-error connect it first
never(() => setMaintenance(dev, 'on'));
// @ts-expect-error connect it first
never(() => deployWithMigration(dev, { version: 'v1.54.8' }));
// @ts-expect-error a version is needed
never(() => preflight(env, {}));
// @ts-expect-error a transition releases none
never(() => preflight(env, { for: 'transition', version: 'v1.54.8' }));
never(() => preflight(env, { for: 'transition', calendar: 'warn' }));

// unions of errors are closed, and a step tells all of its own
type AwsKinds = 'AccessDenied' | 'NotFound' | 'Throttled' | 'Unreachable' | 'CredentialsExpired' | 'Unexpected' | 'Aborted';
type RunKinds = 'InvalidInput' | 'Conflict' | 'LockLost' | 'RunStoreFailed' | 'Aborted' | 'Unexpected';
expectType<Equal<AwsError['kind'], AwsKinds>>();
expectType<Equal<WaitError['kind'], 'TimedOut' | 'Aborted'>>();
expectType<Equal<ConnectError['kind'], AwsKinds | 'InvalidInput' | 'Refused'>>();
expectType<Equal<Kinds<typeof readState>, AwsKinds | RunKinds>>();
expectType<Equal<Kinds<typeof preflight>, RunKinds | 'PreflightFailed' | 'Throttled' | 'Unreachable' | 'CredentialsExpired' | 'Unexpected'>>();
expectType<Equal<Kinds<typeof promoteImage>, AwsKinds | RunKinds | 'TimedOut' | 'Refused'>>();
expectType<Equal<Kinds<typeof awaitDrained>, AwsKinds | RunKinds | 'TimedOut' | 'Refused'>>();
expectType<Equal<Kinds<typeof startDb>, AwsKinds | RunKinds | 'TimedOut'>>();
expectType<Equal<Kinds<typeof stopDb>, AwsKinds | RunKinds | 'TimedOut' | 'Refused'>>();
expectType<Equal<Kinds<typeof keepDbStopped>, AwsKinds | RunKinds | 'TimedOut'>>();
expectType<Equal<Kinds<typeof verifyDeployment>, AwsKinds | RunKinds | 'VerificationFailed'>>();

// every error is one of the closed union, and is told apart by its kind
declare const error: DeployError;
if (error.kind === 'GateLeak') expectType<Equal<typeof error, GateLeak>>();
// @ts-expect-error there is no such error
if (error.kind === 'SomethingElse') void error;

// a caller's own error keeps its kind
export const own = failure('OutOfCoffee', { message: 'There is none.', remedy: 'Make some.', cups: 0 });
expectType<Equal<(typeof own)['error']['kind'], 'OutOfCoffee'>>();
expectType<Equal<(typeof own)['error']['cups'], 0>>();

// options of a recipe are JSON
// @ts-expect-error a Date does not survive a journal
never(() => deployWithMigration(env, { version: new Date(0) }));
