import { errAsync, okAsync, ok, type ResultAsync, safeTry } from 'neverthrow';
import { type DBInstance, findDbInstance, modifyDbInstance } from '../../aws/rds.js';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, LockLost, RunStoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { putDatabaseAside } from '../../states/baseline.js';
import { type Probe, waitUntil } from '../../wait.js';
import { startDeadline } from '../deadline.js';
import { msUntilVisible } from '../stale-status.js';
import { isBusy } from './busy.js';
import { renameInstance, type RenameError } from './rename-instance.js';
import { groupsOf, isModifiable, type RestoredInstance } from './restore-aside.js';
import type { RestoreTarget } from './restore-target.js';

/** The instance that was in use, and is kept. */
export interface SetAside {
  readonly identifier: string;
  readonly resourceId: string;
  readonly endpoint: string;
  /** Security groups that it had, and has no more: what the application reached it by. */
  readonly securityGroupsTaken: readonly string[];
  readonly securityGroups: readonly string[];
}

export type SetAsideError = RenameError | RunStoreFailed | LockLost;

/** Renames the instance in use, and takes away what the application could reach it by under any name. */
export function setAside(env: Environment, target: RestoreTarget, restored: RestoredInstance, timeoutSeconds: number): ResultAsync<SetAside, SetAsideError> {
  const secondsLeft = startDeadline(env, timeoutSeconds);
  const { present, asideAs: to } = target;
  return safeTry<SetAside, SetAsideError>(async function* () {
    yield* putDatabaseAside(env, present.resourceId);
    const renamed = yield* renameInstance(env, { resourceId: present.resourceId, from: env.definition.database, to, why: 'kept as it is: nothing is deleted', timeoutSeconds: secondsLeft() });
    yield* closeTo(env, target, restored.defaultSecurityGroups, secondsLeft());
    const kept = present.securityGroups.filter((group) => restored.defaultSecurityGroups.includes(group));
    if (kept.length > 0) env.emit({ type: 'warning', message: `${to} had ${kept.join(', ')} before, which is all that an instance without groups of its own has: whoever was let in by that still is.` });
    return ok({
      identifier: to,
      resourceId: present.resourceId,
      endpoint: renamed.Endpoint?.Address ?? '',
      securityGroupsTaken: present.securityGroups.filter((group) => !kept.includes(group)),
      securityGroups: restored.defaultSecurityGroups,
    });
  });
}

/** An instance has at least one security group: the VPC's default one, which lets nobody in but its own members ("Default security groups for your VPCs"). */
function closeTo(env: Environment, { present, asideAs }: RestoreTarget, groups: readonly string[], timeoutSeconds: number): ResultAsync<void, AwsWriteError | WaitError | Conflict> {
  const tell = () => announce(env, { resource: `database instance ${asideAs}`, from: `security groups ${present.securityGroups.join(', ')}`, to: `security groups ${groups.join(', ') || "the VPC's default"}`, operation: 'rds:ModifyDBInstance', why: 'nothing of the application is to write to it any more' });
  if (env.planning) return okAsync(tell());
  const wanted = [...groups].sort().join();
  let acceptedAt: number | null = null;
  const request = (): ResultAsync<Probe<void, never>, AwsWriteError> => {
    if (acceptedAt !== null && steadyNow(env.clock) - acceptedAt < msUntilVisible) return okAsync({ status: 'pending', seen: 'about to be changed' });
    tell();
    return modifyDbInstance(env, asideAs, { VpcSecurityGroupIds: [...groups] })
      .map((): Probe<void, never> => {
        acceptedAt = steadyNow(env.clock);
        return { status: 'pending', seen: 'about to be changed' };
      })
      .orElse((error) => (isBusy(error) ? okAsync({ status: 'pending' as const, seen: `${asideAs} is busy` }) : errAsync(error)));
  };
  const look = (instance: DBInstance | null): ResultAsync<Probe<void, never>, AwsWriteError> => {
    const status = instance?.DBInstanceStatus ?? 'not described';
    if (instance === null || !isModifiable(status)) return okAsync({ status: 'pending', seen: `${asideAs} is ${status}` });
    return [...groupsOf(instance)].sort().join() === wanted ? okAsync({ status: 'done', value: undefined }) : request();
  };
  return waitUntil<void, never, AwsWriteError>(env, {
    waitingFor: `${asideAs} to be reached by nobody`,
    timeoutSeconds,
    intervalSeconds: 10,
    probe: () => findDbInstance(env, present.resourceId).andThen(look),
  });
}
