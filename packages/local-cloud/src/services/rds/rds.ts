import type { CloudContext, Operations, Siblings } from '../../context.js';
import type { InspectedDatabase, InspectedSnapshot } from '../../inspection.js';
import { accountOperations } from './account.js';
import { automatedBackupOperations } from './automated-backups.js';
import { describeInstanceOperations } from './describe-instances.js';
import { instanceOperations } from './instances.js';
import { logFileOperations } from './log-files.js';
import { endpointAddress, findInstance } from './lookup.js';
import { modifyInstanceOperations } from './modify-instance.js';
import { defaultSecurityGroup } from './settings.js';
import { restoreInstanceOperations } from './restore-instance.js';
import { progressOf, snapshotOperations } from './snapshots.js';
import type { DatabaseContent, InstanceState, Rds, SnapshotState } from './state.js';

export interface RdsService {
  readonly operations: Operations;
  readonly sibling: Siblings['rds'];
  /** The name that an instance of this identifier is reached by, whether it exists or not. */
  addressOf(identifier: string): string;
  inspect(identifier: string): Omit<InspectedDatabase, 'model'> | undefined;
  /** In order of creation; one in the middle of a rename is not among them. */
  inspectInstances(): readonly Omit<InspectedDatabase, 'model'>[];
  inspectSnapshots(): readonly InspectedSnapshot[];
  /** Of an instance or a snapshot, by its ARN; none where there is no such. */
  tagsOf(arn: string): Readonly<Record<string, string>>;
}

/** RDS of one account and region: PostgreSQL instances and their snapshots. `contents` says what an instance of a name holds at its creation. */
export function createRds(context: CloudContext, contents: ReadonlyMap<string, DatabaseContent>): RdsService {
  const rds: Rds = { context, contents, state: { instances: new Set(), snapshots: new Map(), events: [] } };
  return {
    operations: {
      ...instanceOperations(rds),
      ...describeInstanceOperations(rds),
      ...modifyInstanceOperations(rds),
      ...snapshotOperations(rds),
      ...restoreInstanceOperations(rds),
      ...automatedBackupOperations(rds),
      ...logFileOperations(rds),
      ...accountOperations(rds),
    },
    sibling: { resolveEndpoints: (value, from) => resolveEndpoints(rds, value, from) },
    addressOf: (identifier) => endpointAddress(rds, identifier),
    inspect(identifier) {
      const instance = findInstance(rds, identifier);
      return instance && inspectInstance(rds, instance);
    },
    inspectInstances: () => [...rds.state.instances].filter(({ hidden }) => !hidden).map((instance) => inspectInstance(rds, instance)),
    tagsOf(arn) {
      const tagged = arn.includes(':snapshot:') ? rds.state.snapshots.get(arn.slice(arn.lastIndexOf(':') + 1)) : findInstance(rds, arn);
      return Object.fromEntries((tagged?.tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
    },
    inspectSnapshots: () => [...rds.state.snapshots.values()].map((snapshot) => inspectSnapshot(rds, snapshot)),
  };
}

function inspectInstance({ context }: Rds, { identifier, resourceId, status }: InstanceState): Omit<InspectedDatabase, 'model'> {
  const isOff = status === 'stopping' || status === 'stopped';
  return { identifier, resourceId, status, address: isOff ? undefined : context.hosts.databases.address(resourceId) };
}

function inspectSnapshot(rds: Rds, snapshot: SnapshotState): InspectedSnapshot {
  const { identifier, source, status, createdAt } = snapshot;
  return { identifier, instance: source.identifier, status, percentProgress: progressOf(rds, snapshot), createdAt };
}

/**
 * Names that lead nowhere, because the instance is gone or lets nobody in from there, stay as they are. One that is stopped keeps its address,
 * where nobody answers until it runs.
 */
function resolveEndpoints(rds: Rds, value: string, from: readonly string[]): string {
  let resolved = value;
  for (const instance of rds.state.instances) {
    const address = instance.hidden || !letsIn(instance, from) ? undefined : rds.context.hosts.databases.address(instance.resourceId);
    if (address !== undefined) resolved = resolved.replaceAll(`${endpointAddress(rds, instance.identifier)}:${String(instance.settings.Port)}`, `${address.host}:${String(address.port)}`);
  }
  return resolved;
}

/** What the groups of an account allow is not modelled, but for the VPC's default one: it lets in its own members alone ("Default security groups for your VPCs"). */
function letsIn({ settings }: InstanceState, from: readonly string[]): boolean {
  const groups = settings.VpcSecurityGroupIds ?? [];
  return groups.some((group) => group !== defaultSecurityGroup || from.includes(group));
}
