import { ServiceFault } from '../../context.js';
import type { InstanceState, Rds, SnapshotState } from './state.js';

export function findInstance(rds: Rds, identifier: string | undefined): InstanceState | undefined {
  const name = (identifier ?? '').slice((identifier ?? '').lastIndexOf(':') + 1).toLowerCase();
  return [...rds.state.instances].find((instance) => instance.identifier === name && !instance.hidden);
}

export function instanceOf(rds: Rds, identifier: string | undefined): InstanceState {
  const found = findInstance(rds, identifier);
  if (found === undefined) throw new ServiceFault('DBInstanceNotFound', `DBInstance ${identifier ?? ''} not found.`, 404);
  return found;
}

export function snapshotOf(rds: Rds, identifier: string | undefined): SnapshotState {
  const name = (identifier ?? '').slice((identifier ?? '').lastIndexOf(':') + 1).toLowerCase();
  const found = rds.state.snapshots.get(name);
  if (found === undefined) throw new ServiceFault('DBSnapshotNotFound', `DBSnapshot ${identifier ?? ''} not found.`, 404);
  return found;
}

export function requireStatus(instance: InstanceState, ...statuses: readonly string[]): void {
  if (!statuses.includes(instance.status)) throw new ServiceFault('InvalidDBInstanceState', `Instance ${instance.identifier} is not in available state.`);
}

/** A new instance's name: 1 to 63 letters, digits and hyphens, in lower case; free. */
export function newInstanceName(rds: Rds, identifier: string | undefined): string {
  const name = (identifier ?? '').toLowerCase();
  if (!/^[a-z](?!.*--)[a-z0-9-]{0,62}$/.test(name) || name.endsWith('-')) throw new ServiceFault('InvalidParameterValue', 'The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.');
  if ([...rds.state.instances].some((instance) => instance.identifier === name)) throw new ServiceFault('DBInstanceAlreadyExists', 'DB instance already exists');
  return name;
}

/** Instances per region, AWS's default quota. */
export const instanceQuota = 40;

export function checkInstanceQuota(rds: Rds): void {
  if (rds.state.instances.size >= instanceQuota) throw new ServiceFault('InstanceQuotaExceeded', `Cannot create more than ${String(instanceQuota)} DB instances.`);
}

export function newSnapshotName(rds: Rds, identifier: string | undefined): string {
  const name = (identifier ?? '').toLowerCase();
  if (!/^[a-z](?!.*--)[a-z0-9-]{0,254}$/.test(name) || name.endsWith('-')) throw new ServiceFault('InvalidParameterValue', 'The parameter DBSnapshotIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.');
  if (rds.state.snapshots.has(name)) throw new ServiceFault('DBSnapshotAlreadyExists', `Cannot create the snapshot because a snapshot with the identifier ${name} already exists.`);
  return name;
}

export function instanceArn(rds: Rds, identifier: string): string {
  return `arn:aws:rds:${rds.context.region}:${rds.context.accountId}:db:${identifier}`;
}

export function snapshotArn(rds: Rds, identifier: string): string {
  return `arn:aws:rds:${rds.context.region}:${rds.context.accountId}:snapshot:${identifier}`;
}

/** The instance's name as an address: it changes with the identifier. */
export function endpointAddress(rds: Rds, identifier: string): string {
  return `${identifier}.cloc4lcl0ud.${rds.context.region}.rds.amazonaws.com`;
}
