/** What a status of an RDS instance means to who waits for it ("Viewing Amazon RDS DB instance status"). */
export type InstanceCondition = 'usable' | 'passing' | 'stuck';

/** It serves, while storage is rearranged or a backup is taken: also where AWS's own waiters go on waiting. */
const usable = new Set(['available', 'storage-optimization', 'backing-up']);
/** Nothing but a person's act ends these. */
const stuck = new Set(['stopped', 'stopping', 'failed', 'storage-full', 'deleting', 'deleted', 'delete-precheck', 'restore-error', 'insufficient-capacity']);

export function instanceCondition(status: string): InstanceCondition {
  if (usable.has(status)) return 'usable';
  return stuck.has(status) || /^(incompatible|inaccessible)-/.test(status) ? 'stuck' : 'passing';
}
