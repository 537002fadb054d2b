import type { Result, ResultAsync } from 'neverthrow';
import type { AwsClients } from '../aws/clients.js';
import type { Clock } from '../clock.js';
import type { LockLost, RunStoreFailed } from '../errors.js';
import type { FrontDoor } from '../front-door.js';
import type { Redacted } from '../redacted.js';
import type { SqlConnection } from '../sql-connection.js';
import type { DeployEventBody, Reporter } from '../reports/events.js';
import type { Baseline } from '../runs/baseline.js';
import type { RunStore } from '../runs/run-store.js';
import type { Suspension } from '../runs/suspension.js';
import type { EnvironmentDefinition } from './definition.js';
import type { UmamiCredentials } from './resolve-umami.js';

/** A definition once connected: the first argument of every step, always named `env`. */
export interface Environment<S extends string = string> {
  readonly definition: EnvironmentDefinition<S>;
  /** The run this environment was given to; null outside a run. */
  readonly runId: string | null;
  /** This is a plan: steps read and decide, announce their changes, and stop before the first. A caller's own step looks at it, too. */
  readonly planning: boolean;
  readonly clock: Clock;
  /** Aborts every wait. */
  readonly signal: AbortSignal;
  /** Reports an event to every reporter. */
  readonly emit: (event: DeployEventBody) => void;
  /** @internal */
  readonly [internals]: EnvironmentInternals;
}

/** Key of what steps need and users do not see. */
export const internals: unique symbol = Symbol('@graasp/deploy environment');

/** */
export interface EnvironmentInternals {
  readonly clients: AwsClients;
  readonly accountId: string;
  /** Name and value of the maintenance header. Neither is ever printed. */
  readonly header: { readonly name: string; readonly value: Redacted };
  /** With what Umami is logged in to; null where the definition has none. Never printed. */
  readonly umami: UmamiCredentials | null;
  /** By which the database's SQL is asked from here, and the secret that it is made of; null where the definition has none. */
  readonly sql: { readonly connection: SqlConnection; readonly url: Redacted } | null;
  readonly found: Found;
  readonly frontDoor: FrontDoor;
  /** How registries and Umami are asked: the `fetch` that `connect` was given, or the platform's. */
  readonly fetch: typeof globalThis.fetch;
  readonly runStore: RunStore;
  /** How long a run waits for the lock that another has. */
  readonly lockWaitSeconds: number;
  readonly reporters: readonly Reporter[];
  readonly checks: Readonly<Record<string, Check>>;
  readonly commands: Commands;
  readonly run: RunHandle | null;
  /** By which its runs leave their process in the middle of a wait; absent: they stay. */
  readonly suspension?: Suspension | undefined;
}

/** What `connect` resolved: immutable for the life of an environment. */
export interface Found {
  readonly clusterArn: string;
  readonly loadBalancerArn: string;
  readonly loadBalancerDnsName: string;
  readonly listenerArn: string;
  readonly listenerProtocol: string;
  readonly listenerPort: number;
  /** service -> target groups it registers in (empty when not behind the balancer) */
  readonly targetGroupsOf: Readonly<Record<string, readonly ServiceTargetGroup[]>>;
  /** immutable id of the instance that bore the name at `connect` */
  readonly databaseResourceId: string;
}

export interface ServiceTargetGroup {
  readonly targetGroupArn: string;
  readonly containerName: string;
  readonly containerPort: number;
}

/** A check of the caller's own, run by `verifyDeployment`. Ok is what it saw. */
export type Check = (env: Environment) => ResultAsync<string, { readonly message: string }>;

/** How the next actions of an error are spelled as commands: `{environment}`, `{run}`, `{recipe}` (of that run), `{instance}`, `{snapshot}` and `{version}` are filled in. */
export interface Commands {
  /** Continues a run. */
  readonly resume: string;
  /** Continues it and runs a failed migration again. */
  readonly retryMigration: string;
  /** Puts back what the run found and opens the gate. */
  readonly reopen: string;
  /** Brings the database back to a snapshot. */
  readonly restoreDb: string;
  /** Brings the code back to a version. */
  readonly rollBack: string;
  /** Releases a version, its migration included. */
  readonly deploy: string;
  /** Lets go of the hold without changing anything. */
  readonly releaseHold: string;
}

/** What a run lends to its steps. */
export interface RunHandle {
  readonly id: string;
  readonly recipe: string;
  /** Name of the open step. */
  readonly step: string;
  /** The step is one of those that put things back after a failure. */
  readonly puttingBack: boolean;
  /** Ok while the lock is ours with time to spare, after renewing it if it ran short. Asked before every call that changes something. */
  assertLock(): Result<void, LockLost> | ResultAsync<void, LockLost>;
  /** Sends a change that `assertLock` has allowed: the run is not suspended before it is answered. */
  carry<T>(send: () => Promise<T>): Promise<T>;
  /** Journals a fact of the open step (an intent before, an observation after); survives a crash; read back by `recall` on resume. */
  record(key: string, value: JsonValue): ResultAsync<void, RunStoreFailed | LockLost>;
  recall(key: string): JsonValue | undefined;
  /** As `recall`, of whichever step of this run recorded it, the last that did: a recipe calls its steps as it likes. */
  recallFact(key: RunFact): JsonValue | undefined;
  /** What was found before the first change of the environment that is not yet put back; captured by the first step that changes something. */
  baseline(): Baseline | null;
  saveBaseline(baseline: Baseline): ResultAsync<void, RunStoreFailed | LockLost>;
  /** What this run last set, re-read by every wait: a difference is somebody else's change. Journalled. */
  readonly expectations: Expectations;
  expect(change: Partial<Expectations>): ResultAsync<void, RunStoreFailed | LockLost>;
  /** seconds that a wait of this name lasted in earlier runs (median), if any are known */
  usualSeconds(waitingFor: string): number | undefined;
  /** Leaves journal and lock for `execution` to take up within `seconds` and some more: nothing of this process changes anything any more. */
  suspend(execution: string, seconds: number): ResultAsync<void, RunStoreFailed | LockLost>;
}

/** What one step records and others go by. */
export type RunFact =
  /** ISO time, AWS's, at which the last task that may write had stopped; not there when none ran. */
  | 'lastWriterStoppedAt'
  /** ISO time, AWS's, by which tasks that no declared service owns had ended, where they were waited for. */
  | 'otherTasksEndedAt'
  /** Tasks that no declared service owns, seen since the snapshot was requested: AWS forgets them. */
  | 'otherTasksSeen'
  /** What preflight has warned of: where visitors of a closed rule land. */
  | 'leaksTold'
  /** Whether a rule of the gate was found open by this run, and closed. */
  | 'gateClosed'
  /** ISO time at which a step first began to open rules of the gate. */
  | 'gateOpenedAt'
  /** Of the last snapshot: recorded before it is requested. */
  | 'snapshotIntent'
  | 'restorePoint'
  /** Of the last attempt to migrate: recorded before RunTask. */
  | 'migrationIntent'
  /** ISO time at which the migration's task had stopped. */
  | 'migrationEndedAt';

export interface Expectations {
  /** rule ARNs that must carry the header condition, and those that must not; null: not watched */
  readonly gate: { readonly closed: readonly string[]; readonly open: readonly string[] } | null;
  /** ids of distributions that must be closed, and those that must be open; null or absent: not watched */
  readonly distributions?: { readonly closed: readonly string[]; readonly open: readonly string[] } | null | undefined;
  /** service -> desired count; limits while Auto Scaling decides */
  readonly desiredCounts: Readonly<Record<string, number | CountLimits>>;
  /** service -> whether scaling is suspended by us */
  readonly suspendedScaling: Readonly<Record<string, boolean>>;
  /** service -> task definition ARN */
  readonly taskDefinitions: Readonly<Record<string, string>>;
}

/** Any number of tasks from `min` to `max`. */
export interface CountLimits {
  readonly min: number;
  readonly max: number;
}

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };
