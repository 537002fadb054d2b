import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import { type DBInstance, findDbInstance, modifyDbInstance } from '../../aws/rds.js';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, RestoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { type Probe, waitUntil } from '../../wait.js';
import { instanceCondition } from '../instance-status.js';
import { recordConfiguration } from '../snapshot-db/recorded-configuration.js';
import { msUntilVisible } from '../stale-status.js';
import { isBusy } from './busy.js';
import { isModifiable, restoreFailed } from './restore-aside.js';
import { catchingUp, configurationDifferences } from './restored-configuration.js';
import type { RestoreTarget } from './restore-target.js';

export type CatchUpError = AwsWriteError | WaitError | Conflict | RestoreFailed;

/** What RDS still does not do after a second request it does not do. */
const mostRequests = 2;

/** Gives the restored instance what a restore cannot be told; answers what it lacks in the end. */
export function catchUp(env: Environment, target: RestoreTarget, resourceId: string, timeoutSeconds: number): ResultAsync<readonly string[], CatchUpError> {
  if (env.planning) {
    announceCatchingUp(env, target, ['security groups', 'what a restore cannot be told']);
    return okAsync([]);
  }
  let acceptedAt: number | null = null;
  let requests = 0;
  const modify = (instance: DBInstance): ResultAsync<Probe<readonly string[], RestoreFailed>, AwsWriteError> => {
    const found = recordConfiguration(instance);
    const change = catchingUp(target.configuration, found);
    if (change === null || requests === mostRequests) return okAsync({ status: 'done', value: configurationDifferences(target.configuration, found) });
    announceCatchingUp(env, target, change.settings);
    return modifyDbInstance(env, target.restoredAs, change.input)
      .map(() => {
        acceptedAt = steadyNow(env.clock);
        requests += 1;
        return pending(target, 'about to be modified');
      })
      .orElse((error) => whileBusy(error, target));
  };
  return waitUntil<readonly string[], RestoreFailed, AwsWriteError>(env, {
    waitingFor: 'the restored instance to be configured',
    timeoutSeconds,
    intervalSeconds: 10,
    probe: () =>
      findDbInstance(env, resourceId).andThen((instance) => {
        const status = instance?.DBInstanceStatus ?? 'not described';
        if (instance !== null && instanceCondition(status) === 'stuck') return okAsync({ status: 'failed' as const, error: restoreFailed(target, target.restoredAs, status) });
        if (instance === null || !isModifiable(status)) return okAsync(pending(target, status));
        // reads are stale for seconds: what was asked for a moment ago is not asked for again
        const justAsked = acceptedAt !== null && steadyNow(env.clock) - acceptedAt < msUntilVisible;
        return justAsked && catchingUp(target.configuration, recordConfiguration(instance)) !== null ? okAsync(pending(target, 'about to be modified')) : modify(instance);
      }),
  });
}

function pending({ restoredAs }: RestoreTarget, status: string): Probe<never, never> {
  return { status: 'pending', seen: `${restoredAs} is ${status}` };
}

function whileBusy(error: AwsWriteError, target: RestoreTarget): ResultAsync<Probe<never, never>, AwsWriteError> {
  return isBusy(error) ? okAsync(pending(target, 'busy')) : errAsync(error);
}

function announceCatchingUp(env: Environment, { restoredAs }: RestoreTarget, settings: readonly string[]): void {
  announce(env, { resource: `database instance ${restoredAs}`, from: 'restored', to: `configured: ${settings.join(', ')}`, operation: 'rds:ModifyDBInstance', why: 'as it was when the snapshot was taken' });
}
