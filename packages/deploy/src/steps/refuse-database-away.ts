import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { missingIsNull } from '../aws/map-error.js';
import { describeDbInstance } from '../aws/rds.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, LockLost, Refused, RunStoreFailed } from '../errors.js';
import { databaseAside } from '../runs/baseline.js';
import { type Hold, readHold } from '../runs/hold.js';
import { commandOf } from '../runs/next-actions.js';
import { putBack } from '../states/baseline.js';

/**
 * While a restore has the database away no service finds it, or finds one of which it is not known what code fits it. Once its hold was let go
 * of, the instance of before is the database again as soon as it bears the name: by hand, since nothing goes on with that run.
 */
export function refuseDatabaseAway(env: Environment): ResultAsync<void, AwsError | Refused | RunStoreFailed | LockLost> {
  return safeTry<void, AwsError | Refused | RunStoreFailed | LockLost>(async function* () {
    const baseline = env[internals].run?.baseline() ?? null;
    if (baseline?.putAside.includes(databaseAside) !== true) return ok(undefined);
    const hold = (yield* readHold(env))?.value ?? null;
    if (hold !== null) return err(databaseAway(env, hold, baseline.database));
    const bearer = yield* missingIsNull(describeDbInstance(env, env.definition.database));
    if (bearer === null || bearer.DbiResourceId !== baseline.database) return err(databaseAway(env, null, baseline.database));
    return putBack(env, [databaseAside]);
  });
}

function databaseAway(env: Environment, hold: Hold | null, before: string | undefined): Refused {
  const { database } = env.definition;
  const goOn = hold?.recipe === 'restoreDb' ? `Resume the run of restoreDb (${commandOf(env, 'resume', hold)}): it goes on where it was.` : null;
  return {
    kind: 'Refused',
    rule: 'database-away',
    message: `a restore of ${database} has begun to exchange the instance and has not come to its end: its name leads nowhere, or to one that is not known to be right. Nothing was changed.`,
    remedy: goOn ?? `Give the name ${database} back to the instance of before (${before ?? 'the journal of restoreDb has its DbiResourceId'}) together with its security groups, and try again; or, with whichever instance has the name, call restoreDb once more.`,
  };
}
