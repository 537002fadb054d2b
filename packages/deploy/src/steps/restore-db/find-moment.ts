import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, findRestoreWindow } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Refused } from '../../errors.js';

/** Whether the instance in use can be brought back to a moment: from its oldest automated backup to where its log has been kept, which is about five minutes behind. */
export function findMoment(env: Environment, instance: DBInstance, moment: Date): ResultAsync<Date, AwsError | Refused> {
  return safeTry<Date, AwsError | Refused>(async function* () {
    const { BackupRetentionPeriod = 0, DbiResourceId = '' } = instance;
    if (BackupRetentionPeriod === 0) return err(refused(`automated backups of ${env.definition.database} are off: there is no moment to go back to`, nameSnapshot));
    const window = yield* findRestoreWindow(env, DbiResourceId);
    if (window === null) return err(refused(`${env.definition.database} has no automated backup yet: there is no moment to go back to`, nameSnapshot));
    const { earliest, latest } = window;
    const reach = `the automated backups of ${env.definition.database} reach from ${earliest.toISOString()} to ${latest.toISOString()}, and ${moment.toISOString()} is`;
    if (moment < earliest) return err(refused(`${reach} before that`, 'Name a later moment, or a snapshot: from: { snapshotId }.'));
    if (moment > latest) return err(refused(`${reach} after that`, 'Name an earlier moment. They follow about five minutes behind: call again once they have come to one that has just passed.'));
    return ok(moment);
  });
}

const nameSnapshot = 'Name a snapshot: from: { snapshotId }.';

function refused(message: string, remedy: string): Refused {
  return { kind: 'Refused', rule: 'restore-point', message: `${message}. Nothing was changed.`, remedy };
}
