import { err, ok, okAsync, type ResultAsync } from 'neverthrow';
import * as v from 'valibot';
import { type Environment, internals } from '../environment/environment.js';
import type { Conflict, RunStoreFailed, Situation } from '../errors.js';
import { type WayOn, wayOnFromHold } from './next-actions.js';
import { keyOf, putJson, readJson, removeJson, type Shape, type Stored } from './store-document.js';

/** The mark that a run leaves when it ends in anything but success or as-found. */
export interface Hold {
  readonly run: string;
  readonly recipe: string;
  /** Why, for people. */
  readonly reason: string;
  readonly since: string;
  /** How it goes on from here. */
  readonly continuedBy: WayOn;
  readonly situation: Situation;
}

const shape: Shape<Hold> = v.looseObject({ run: v.string(), recipe: v.string(), reason: v.string(), situation: v.looseObject({ nextActions: v.array(v.looseObject({})) }) });

export function readHold(env: Environment): ResultAsync<Stored<Hold> | null, RunStoreFailed> {
  return readJson(env[internals].runStore, keyOf.hold(env.definition.name), shape);
}

/** Marks the environment as held. Only for who holds the lock. */
export function setHold(env: Environment, hold: Hold): ResultAsync<void, RunStoreFailed> {
  return putJson(env[internals].runStore, keyOf.hold(env.definition.name), hold);
}

/** Takes the hold away if it is one that is to be lifted. */
export function liftHold(env: Environment, lifts: (hold: Hold) => boolean): ResultAsync<void, RunStoreFailed> {
  return readHold(env).andThen((hold) => (hold !== null && lifts(hold.value) ? removeJson(env[internals].runStore, keyOf.hold(env.definition.name), hold) : okAsync(undefined)));
}

/** Err while the environment is held, except by a hold that is excused. */
export function refuseWhileHeld(env: Environment, excused: (hold: Hold) => boolean): ResultAsync<void, Conflict | RunStoreFailed> {
  return readHold(env).andThen((hold) => {
    if (hold === null || excused(hold.value)) return ok(undefined);
    return holdConflict(env, hold.value);
  });
}

function holdConflict(env: Environment, hold: Hold) {
  return err<void, Conflict>({
    kind: 'Conflict',
    reason: 'hold',
    holder: hold.run,
    message: `${env.definition.name} is held since ${hold.since} by run ${hold.run} (${hold.recipe}): ${hold.reason.replace(/[^.!?]$/, '$&.')} Nothing was changed.`,
    remedy: wayOnFromHold(env, hold),
  });
}
