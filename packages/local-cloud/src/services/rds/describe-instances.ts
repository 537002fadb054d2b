import type { DBInstance, DescribeDBInstancesMessage, DBInstanceMessage, Filter } from '@aws-sdk/client-rds';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { restoreWindow } from './automated-backups.js';
import { endpointAddress, instanceArn, instanceOf } from './lookup.js';
import type { InstanceState, Rds } from './state.js';

export function describeInstanceOperations(rds: Rds) {
  return {
    DescribeDBInstances(input: DescribeDBInstancesMessage): DBInstanceMessage {
      if (input.DBInstanceIdentifier !== undefined) return { DBInstances: [describedInstance(rds, instanceOf(rds, input.DBInstanceIdentifier))] };
      const matching = [...rds.state.instances].filter((instance) => matchesFilters(instance, input.Filters ?? []));
      const { items, next } = page(matching, { size: input.MaxRecords ?? 100, token: input.Marker, invalid: invalidMarker });
      return { DBInstances: items.map((instance) => describedInstance(rds, instance)), Marker: next };
    },
  };
}

export function invalidMarker(): ServiceFault {
  return new ServiceFault('InvalidParameterValue', 'The marker is not valid.');
}

/** By resource id an instance is found in the middle of a rename as well. */
function matchesFilters(instance: InstanceState, filters: readonly Filter[]): boolean {
  const byResourceId = filters.some((filter) => filter.Name === 'dbi-resource-id');
  if (instance.hidden && !byResourceId) return false;
  return filters.every(({ Name, Values }) => Values?.includes(valueOf(instance, Name ?? '')) ?? false);
}

function valueOf(instance: InstanceState, filter: string): string {
  if (filter === 'db-instance-id') return instance.identifier;
  if (filter === 'dbi-resource-id') return instance.resourceId;
  if (filter === 'engine') return instance.engine;
  throw new ServiceFault('InvalidParameterValue', `Unrecognized filter name: ${filter}`);
}

export function describedInstance(rds: Rds, instance: InstanceState): DBInstance {
  const { settings } = instance;
  const window = restoreWindow(rds, instance);
  const { DBParameterGroupName, DBSubnetGroupName, OptionGroupName, VpcSecurityGroupIds, Port, EnableCloudwatchLogsExports, EnableIAMDatabaseAuthentication, EnablePerformanceInsights, ...same } = settings;
  return {
    ...same,
    DBInstanceIdentifier: instance.identifier,
    DbiResourceId: instance.resourceId,
    DBInstanceArn: instanceArn(rds, instance.identifier),
    DBInstanceStatus: instance.status,
    Engine: instance.engine,
    MasterUsername: instance.masterUsername,
    DBName: instance.databaseName,
    ...(instance.hasEndpoint ? { Endpoint: { Address: endpointAddress(rds, instance.identifier), Port, HostedZoneId: 'Z1RLNUO7B9Q6NB' } } : {}),
    DbInstancePort: 0,
    InstanceCreateTime: new Date(instance.createdAt),
    ...(window === null ? {} : { LatestRestorableTime: new Date(window.latest) }),
    DBParameterGroups: [{ DBParameterGroupName, ParameterApplyStatus: 'in-sync' }],
    DBSubnetGroup: { DBSubnetGroupName, DBSubnetGroupDescription: DBSubnetGroupName, SubnetGroupStatus: 'Complete', VpcId: 'vpc-local' },
    OptionGroupMemberships: [{ OptionGroupName, Status: 'in-sync' }],
    VpcSecurityGroups: (VpcSecurityGroupIds ?? []).map((id) => ({ VpcSecurityGroupId: id, Status: 'active' })),
    DBSecurityGroups: [],
    EnabledCloudwatchLogsExports: EnableCloudwatchLogsExports ?? [],
    IAMDatabaseAuthenticationEnabled: EnableIAMDatabaseAuthentication ?? false,
    PerformanceInsightsEnabled: EnablePerformanceInsights ?? false,
    PendingModifiedValues: instance.pending,
    ReadReplicaDBInstanceIdentifiers: [],
    StatusInfos: [],
    AssociatedRoles: [],
    TagList: [...instance.tags],
    ...(instance.restartsAt === undefined ? {} : { AutomaticRestartTime: new Date(instance.restartsAt) }),
    ...(instance.percentProgress === undefined ? {} : { PercentProgress: String(instance.percentProgress) }),
  };
}
