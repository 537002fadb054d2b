import { errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import * as v from 'valibot';
import { type Bucket, openBucket, type StoredObject } from '../aws/s3.js';
import { isoTime } from '../clock.js';
import type { InfrastructureLockDefinition } from '../environment/definition.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, Conflict, LockLost, RunStoreFailed } from '../errors.js';
import { readHold } from './hold.js';
import { libraryVersion } from './library-version.js';
import { holderOf, type HeldLock, type LockClaim } from './lock.js';
import { keyOf, putJson, readJson, removeJson, type Shape } from './store-document.js';

/** What runs know of the lock that they have taken: stored before it is taken, so that none is left that nobody recognises. */
interface TakenLock extends InfrastructureLockDefinition {
  readonly id: string;
  /** The run that took it; others go on with it. */
  readonly run: string;
}

const shape: Shape<TakenLock> = v.looseObject({ id: v.string(), run: v.string() });

/** The lock of the infrastructure code as Terraform and OpenTofu write it (`LockInfo`). */
interface LockInfo {
  readonly ID: string;
  readonly Operation: string;
  readonly Info: string;
  readonly Who: string;
  readonly Version: string;
  readonly Created: string;
  readonly Path: string;
}

export interface FoundInfrastructureLock {
  readonly id: string;
  /** Taken by a run of this environment. */
  readonly ours: boolean;
  /** In words: who has it, since when, for what. */
  readonly text: string;
}

/**
 * Takes the lock of the infrastructure code for a run, if the definition names it; one that an earlier run of this environment has left, or
 * kept through its hold, is this run's too. Conflict (`infrastructure-lock`) when it is somebody else's, which stays as it is.
 */
export function takeInfrastructureLock(env: Environment, lock: HeldLock, claim: LockClaim): ResultAsync<void, Conflict | LockLost | RunStoreFailed> {
  const wanted = env.definition.infrastructureLock;
  if (wanted === undefined || env.planning) return okAsync(undefined);
  return safeTry(async function* () {
    const store = env[internals].runStore;
    const key = keyOf.infrastructureLock(env.definition.name);
    const known = yield* readJson(store, key, shape);
    if (known !== null && objectOf(known.value) !== objectOf(wanted)) yield* letGo(env, lock, known.value);
    const taken = known !== null && objectOf(known.value) === objectOf(wanted) ? known.value : { ...wanted, id: newId(env), run: claim.run };
    if (taken !== known?.value) yield* putJson(store, key, taken);
    const conflict = yield* createOrRecognise(env, lock, taken, infoOf(env, taken, claim));
    if (conflict === null) return ok(undefined);
    if (taken !== known?.value) yield* readJson(store, key, shape).andThen((stored) => removeJson(store, key, stored));
    return errAsync(conflict);
  });
}

/** Gives it back, unless the environment is held. What is no longer ours is left alone. */
export function giveBackInfrastructureLock(env: Environment, lock: HeldLock): ResultAsync<void, LockLost | RunStoreFailed> {
  if (env.definition.infrastructureLock === undefined || env.planning) return okAsync(undefined);
  return safeTry(async function* () {
    if ((yield* readHold(env)) !== null) return ok(undefined);
    const store = env[internals].runStore;
    const key = keyOf.infrastructureLock(env.definition.name);
    const known = yield* readJson(store, key, shape);
    if (known === null) return ok(undefined);
    yield* letGo(env, lock, known.value);
    yield* removeJson(store, key, known);
    return ok(undefined);
  });
}

/** As `giveBackInfrastructureLock`, at the end of a run: one that cannot be given back is warned of, and the next run does it. */
export function endInfrastructureLock(env: Environment, lock: HeldLock): ResultAsync<void, never> {
  return giveBackInfrastructureLock(env, lock).orElse(({ message, remedy }) => {
    env.emit({ type: 'warning', message: `The infrastructure code of ${env.definition.name} stays locked: ${message} ${remedy} The next run of ${env.definition.name} gives it back.` });
    return okAsync(undefined);
  });
}

/** Who has the lock of the infrastructure code; null where nobody has, or none is named. */
export function readInfrastructureLock(env: Environment): ResultAsync<FoundInfrastructureLock | null, AwsError | RunStoreFailed> {
  const wanted = env.definition.infrastructureLock;
  if (wanted === undefined) return okAsync(null);
  return safeTry<FoundInfrastructureLock | null, AwsError | RunStoreFailed>(async function* () {
    const found = yield* bucketOf(env, wanted).read(lockKey(wanted));
    if (found === null) return ok(null);
    const known = yield* readJson(env[internals].runStore, keyOf.infrastructureLock(env.definition.name), shape);
    const info = parsed(found);
    return ok({ id: info.ID, ours: known?.value.id === info.ID, text: holderText(info) });
  });
}

/** What to do about somebody else's. */
export function infrastructureLockRemedy({ id }: { readonly id: string }): string {
  return `Wait until that has ended. Only if it is sure that it has, and left the lock behind: terraform force-unlock ${id}`;
}

function createOrRecognise(env: Environment, lock: HeldLock, taken: TakenLock, info: LockInfo): ResultAsync<Conflict | null, LockLost | RunStoreFailed> {
  const objects = bucketOf(env, taken);
  return safeTry<Conflict | null, LockLost | RunStoreFailed>(async function* () {
    yield* lock.hold();
    const created = yield* told(taken, 'taken', objects.create(lockKey(taken), JSON.stringify(info)));
    if (created !== null) return ok(null);
    const found = yield* told(taken, 'read', objects.read(lockKey(taken)));
    // its holder has let go of it in between
    if (found === null) return createOrRecognise(env, lock, taken, info);
    const theirs = parsed(found);
    return ok(theirs.ID === taken.id ? null : locked(env, taken, theirs));
  });
}

function letGo(env: Environment, lock: HeldLock, taken: TakenLock): ResultAsync<void, LockLost | RunStoreFailed> {
  const objects = bucketOf(env, taken);
  return safeTry<void, LockLost | RunStoreFailed>(async function* () {
    const found = yield* told(taken, 'read', objects.read(lockKey(taken)));
    if (found === null || parsed(found).ID !== taken.id) return ok(undefined);
    yield* lock.hold();
    yield* told(taken, 'given back', objects.remove(lockKey(taken), found.etag));
    return ok(undefined);
  });
}

function bucketOf(env: Environment, { bucket, region = env.definition.region }: InfrastructureLockDefinition): Bucket {
  return openBucket({ bucket, region, clients: env[internals].clients, clock: env.clock, namedBy: `infrastructureLock of ${env.definition.name}` });
}

function lockKey({ key }: InfrastructureLockDefinition): string {
  return `${key}.tflock`;
}

function objectOf(definition: InfrastructureLockDefinition): string {
  return `s3://${definition.bucket}/${lockKey(definition)}`;
}

/** As Terraform's are, a UUID. */
function newId({ clock }: Environment): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(clock.random() * 16).toString(16)).join('');
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}

function infoOf(env: Environment, taken: TakenLock, { run, reason }: LockClaim): LockInfo {
  return {
    ID: taken.id,
    Operation: reason,
    Info: `run ${run} of @graasp/deploy on ${env.definition.name}, which gives it back at its end, and keeps it while ${env.definition.name} is held`,
    Who: holderOf(env).actor,
    Version: `@graasp/deploy ${libraryVersion}`,
    Created: isoTime(env.clock),
    Path: `${taken.bucket}/${taken.key}`,
  };
}

/** Whatever stands there is somebody's lock. */
function parsed({ body }: StoredObject): LockInfo {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const info = parsedObject(body);
  return { ID: text(info.ID), Operation: text(info.Operation), Info: text(info.Info), Who: text(info.Who), Version: text(info.Version), Created: text(info.Created), Path: text(info.Path) };
}

function parsedObject(body: string): Partial<Record<keyof LockInfo, unknown>> {
  try {
    return (JSON.parse(body) ?? {}) as Partial<Record<keyof LockInfo, unknown>>;
  } catch {
    return {};
  }
}

function holderText({ ID, Operation, Info, Who, Created }: LockInfo): string {
  const why = [Operation, Info].filter((text) => text !== '').join(', ');
  return `locked by ${Who || 'somebody'}${Created === '' ? '' : ` since ${Created}`} (${[...(why === '' ? [] : [why]), `ID ${ID || 'unknown'}`].join('; ')})`;
}

function locked(env: Environment, taken: TakenLock, theirs: LockInfo): Conflict {
  return {
    kind: 'Conflict',
    reason: 'infrastructure-lock',
    message: `The infrastructure code of ${env.definition.name} is ${holderText(theirs)}: ${objectOf(taken)}. Nothing was changed.`,
    remedy: infrastructureLockRemedy({ id: theirs.ID }),
  };
}

function told<T>(taken: TakenLock, what: string, asked: ResultAsync<T, AwsError>): ResultAsync<T, RunStoreFailed> {
  const store = objectOf(taken);
  return asked.mapErr(({ message, remedy, cause }) => ({ kind: 'RunStoreFailed', message: `The infrastructure code's lock (${store}) could not be ${what}: ${message}.`, remedy, store, ...(cause === undefined ? {} : { cause }) }));
}
