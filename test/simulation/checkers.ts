import { codeFitsSchema } from './checkers/code-fits-schema.js';
import { dataIsKept } from './checkers/data-is-kept.js';
import { endIsDocumented } from './checkers/end-is-documented.js';
import { errorTellsTheTruth } from './checkers/error-tells-the-truth.js';
import { migratesOnce } from './checkers/migrates-once.js';
import { noSecretLeaves } from './checkers/no-secret-leaves.js';
import { oneAtATime } from './checkers/one-at-a-time.js';
import { putBackOrHeld } from './checkers/put-back-or-held.js';
import { restorePointHoldsEveryWrite } from './checkers/restore-point-holds-every-write.js';
import { visitorsGetWhereTheyWanted } from './checkers/visitors-get-where-they-wanted.js';
import type { Attempt } from './run-seed.js';
import type { World } from './world.js';

export interface Seen {
  readonly world: World;
  readonly attempts: readonly Attempt[];
  readonly last: Attempt;
}

/** Looks at the cloud and the run store from outside; answers what must not be. */
export interface Checker {
  readonly name: string;
  /** After each call of the library, faults or not: nothing is asked of AWS then. */
  afterAttempt?(seen: Seen): readonly string[] | Promise<readonly string[]>;
  /** Once faults are over and no next action is left. */
  atEnd?(seen: Seen): readonly string[] | Promise<readonly string[]>;
}

export const checkers: readonly Checker[] = [
  codeFitsSchema,
  migratesOnce,
  oneAtATime,
  restorePointHoldsEveryWrite,
  visitorsGetWhereTheyWanted,
  errorTellsTheTruth,
  putBackOrHeld,
  endIsDocumented,
  noSecretLeaves,
  dataIsKept,
];
