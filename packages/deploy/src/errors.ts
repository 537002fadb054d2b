import { err, type Err } from 'neverthrow';

/** What every error carries: plain JSON that survives a journal. */
export interface ErrorBase<K extends string> {
  readonly kind: K;
  /** What happened, and what state things are in. */
  readonly message: string;
  /** What to do next. */
  readonly remedy: string;
  readonly cause?: Cause | undefined;
}

export interface Cause {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
}

/** The input is wrong; nothing was asked of AWS and nothing was changed. Every problem at once. */
export interface InvalidInput extends ErrorBase<'InvalidInput'> {
  readonly problems: readonly string[];
}
/** The credentials may not do this. `action` is what the policy must allow. */
export interface AccessDenied extends ErrorBase<'AccessDenied'> {
  readonly action: string;
  readonly resource?: string | undefined;
}
export interface NotFound extends ErrorBase<'NotFound'> {
  /** What kind of thing: `service`, `database instance`, `image`, … */
  readonly resource: string;
  readonly name: string;
  readonly region: string;
  readonly accountId?: string | undefined;
}
/** Somebody or something else has the environment, or changed it under this run. */
export interface Conflict extends ErrorBase<'Conflict'> {
  readonly reason: 'hold' | 'lock' | 'infrastructure-lock' | 'recipe-changed' | 'foreign-change' | 'migration-in-flight' | 'task-in-flight' | 'resource-busy';
  /** The run that holds the environment, for `hold` and `lock`. */
  readonly holder?: string | undefined;
  /** What was found changed, for `foreign-change`. */
  readonly changes?: readonly string[] | undefined;
}
/** A rule of this library forbids it here; `lift` names the option that allows it. */
export interface Refused extends ErrorBase<'Refused'> {
  readonly rule: string;
  readonly lift?: string | undefined;
}
export interface Throttled extends ErrorBase<'Throttled'> {
  readonly operation: string;
}
export interface Unreachable extends ErrorBase<'Unreachable'> {
  readonly operation: string;
}
export interface CredentialsExpired extends ErrorBase<'CredentialsExpired'> {
  readonly operation: string;
}
export interface TimedOut extends ErrorBase<'TimedOut'> {
  readonly waitingFor: string;
  readonly lastSeen: string;
  readonly timeoutSeconds: number;
}
export interface Aborted extends ErrorBase<'Aborted'> {
  readonly waitingFor: string;
}
export interface PreflightFailed extends ErrorBase<'PreflightFailed'> {
  readonly checks: readonly PreflightCheck[];
}
export interface PreflightCheck {
  readonly name: string;
  readonly group: string;
  readonly status: 'ok' | 'skip' | 'warning' | 'failed';
  /** What was seen; for `skip` why. */
  readonly detail: string;
  readonly remedy?: string | undefined;
}
/** With the gate closed a visitor would land somewhere else than on the maintenance page. */
export interface GateLeak extends ErrorBase<'GateLeak'> {
  readonly leaks: readonly Leak[];
}
export interface Leak {
  /** Priority of the gated rule whose visitors leak, and of the rule they fall to. */
  readonly from: number;
  readonly to: number | 'default';
  readonly host: string;
  readonly path: string;
  readonly service: string | null;
  readonly role: 'application' | 'administration' | 'other';
}
export interface SnapshotFailed extends ErrorBase<'SnapshotFailed'> {
  readonly snapshotId: string;
  readonly snapshotStatus: string;
}
/** The database could not be restored; the one in use was left as it was, unless the message says how far it came. */
export interface RestoreFailed extends ErrorBase<'RestoreFailed'> {
  readonly snapshotId: string;
  /** Identifier of the instance that was to be restored. */
  readonly instance: string;
  readonly instanceStatus: string;
}
export interface MigrationFailed extends ErrorBase<'MigrationFailed'> {
  readonly reason: MigrationFailureReason;
  /** null when the container never reported one: that is not 0. */
  readonly exitCode: number | null;
  readonly taskArn: string | null;
  readonly schema: 'untouched' | 'migrated' | 'unknown';
  readonly lastLines: readonly string[];
  readonly databaseErrors: readonly string[];
}
export type MigrationFailureReason =
  | 'exit-code'
  | 'out-of-memory'
  | 'image'
  | 'spot-interruption'
  | 'capacity'
  | 'stopped-by-somebody'
  | 'start'
  | 'no-exit-code'
  | 'outcome-unknown';
export interface DeploymentFailed extends ErrorBase<'DeploymentFailed'> {
  readonly reason: DeploymentFailureReason;
  readonly service: string;
  readonly diagnosis: DeploymentDiagnosis;
}
export type DeploymentFailureReason = 'gone' | 'failed' | 'rolled-back' | 'superseded' | 'scaled-to-zero' | 'crash-loop' | 'image' | 'unhealthy' | 'no-capacity';
export interface DeploymentDiagnosis {
  readonly stoppedTasks: readonly { readonly taskArn: string; readonly stoppedReason: string; readonly exitCodes: Readonly<Record<string, number | null>> }[];
  readonly targetHealth: readonly { readonly target: string; readonly state: string; readonly reason: string }[];
  readonly events: readonly string[];
  readonly lastLines: readonly string[];
}
export interface VerificationFailed extends ErrorBase<'VerificationFailed'> {
  readonly failures: readonly { readonly check: string; readonly message: string }[];
}
/** Some of a change was made and could not be undone. */
export interface PartialChange extends ErrorBase<'PartialChange'> {
  readonly changed: readonly string[];
  readonly undone: readonly string[];
}
/** The lock of the environment is no longer this run's; nothing more was written. */
export interface LockLost extends ErrorBase<'LockLost'> {
  readonly holder?: string | undefined;
}
/** Where runs are kept, or the infrastructure code's lock, could not be read or written. */
export interface RunStoreFailed extends ErrorBase<'RunStoreFailed'> {
  readonly store: string;
}
export interface Unexpected extends ErrorBase<'Unexpected'> {
  readonly operation: string;
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
}

/** What any call of AWS may give. Aborted: the environment's signal was, before the call or between two attempts at it. */
export type AwsError = AccessDenied | NotFound | Throttled | Unreachable | CredentialsExpired | Unexpected | Aborted;
/** What a call that changes something may give besides: every one first checks the run's lock. */
export type AwsWriteError = AwsError | LockLost;
/** What any wait may give. */
export type WaitError = TimedOut | Aborted;
/** What a run itself may give. */
export type RunError = InvalidInput | Conflict | LockLost | RunStoreFailed | Aborted | Unexpected;
export type ConnectError = InvalidInput | AwsError | GateConfigurationError | Aborted | RunStoreFailed;
/** Reserved for what `connect` finds contradictory between the definition and the account. */
export type GateConfigurationError = Refused;

/** Every error of this library. */
export type DeployError =
  | InvalidInput | AccessDenied | NotFound | Conflict | Refused | Throttled | Unreachable | CredentialsExpired | TimedOut | Aborted
  | PreflightFailed | GateLeak | SnapshotFailed | RestoreFailed | MigrationFailed | DeploymentFailed | VerificationFailed | PartialChange | LockLost
  | RunStoreFailed | Unexpected;

/** Where the environment stands when a run ends in an error. */
export interface Situation {
  /** The step that failed. */
  readonly step: string;
  readonly state: 'running' | 'restricted' | 'db-only' | 'stopped' | 'mixed' | 'unknown';
  readonly maintenance: 'on' | 'off' | 'partly' | 'unknown';
  readonly schema: 'untouched' | 'migrated' | 'unknown';
  /** `as-found`: put back. `hold`: left as it is, and held. `taken-over`: as whoever has taken the lock of this run leaves it. */
  readonly left: 'untouched' | 'as-found' | 'hold' | 'taken-over';
  /** Another run whose hold there is. */
  readonly heldBy?: string | undefined;
  readonly restorePoint?: string | undefined;
  readonly nextActions: readonly NextAction[];
}
export interface NextAction {
  readonly text: string;
  /** A line for a shell. */
  readonly command: string;
}
/** An error out of a run: what failed, and the situation it leaves. */
export type InRun<E> = E extends unknown ? E & { readonly runId: string; readonly situation: Situation } : never;

/** An Err of the caller's own kind, for steps and recipes outside this library, without widening `kind`. */
export function failure<const K extends string, const D extends object = object>(
  kind: K,
  details: { message: string; remedy: string } & D,
): Err<never, ErrorBase<K> & Readonly<D>> {
  return err({ kind, ...details } as ErrorBase<K> & Readonly<D>);
}
