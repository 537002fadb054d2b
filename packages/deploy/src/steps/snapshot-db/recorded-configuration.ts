import { Result } from 'neverthrow';
import type { DBInstance } from '../../aws/rds.js';

/**
 * What a restore must be told, or must set afterwards, because AWS falls back to defaults ("RestoreDBInstanceFromDBSnapshot"): the
 * configuration of an instance when its snapshot was taken. Absent: the instance had none.
 */
export interface RecordedConfiguration {
  readonly identifier: string;
  readonly resourceId?: string | undefined;
  readonly engine?: string | undefined;
  readonly engineVersion?: string | undefined;
  readonly instanceClass?: string | undefined;
  readonly licenseModel?: string | undefined;
  readonly port?: number | undefined;
  readonly availabilityZone?: string | undefined;
  readonly multiAZ?: boolean | undefined;
  readonly subnetGroup?: string | undefined;
  readonly securityGroups: readonly string[];
  readonly parameterGroup?: string | undefined;
  readonly optionGroup?: string | undefined;
  readonly publiclyAccessible?: boolean | undefined;
  readonly networkType?: string | undefined;
  readonly caCertificate?: string | undefined;
  readonly storageType?: string | undefined;
  readonly allocatedStorageGiB?: number | undefined;
  readonly maxAllocatedStorageGiB?: number | undefined;
  readonly iops?: number | undefined;
  readonly storageThroughput?: number | undefined;
  readonly dedicatedLogVolume?: boolean | undefined;
  readonly deletionProtection?: boolean | undefined;
  readonly iamAuthentication?: boolean | undefined;
  readonly logExports: readonly string[];
  readonly monitoringIntervalSeconds?: number | undefined;
  readonly monitoringRoleArn?: string | undefined;
  readonly performanceInsights?: boolean | undefined;
  readonly performanceInsightsRetentionDays?: number | undefined;
  readonly performanceInsightsKmsKey?: string | undefined;
  readonly databaseInsightsMode?: string | undefined;
  readonly backupRetentionDays?: number | undefined;
  readonly backupWindow?: string | undefined;
  readonly maintenanceWindow?: string | undefined;
  readonly autoMinorVersionUpgrade?: boolean | undefined;
  readonly copyTagsToSnapshot?: boolean | undefined;
  /** null: they did not fit, and are to be read from the instance or from the infrastructure's code. */
  readonly tags: Readonly<Record<string, string>> | null;
}

/** A tag as AWS spells it. */
export interface SnapshotTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** "Tagging Amazon RDS resources": 50 tags a resource, values of at most 256 letters, digits, spaces and `_.:/=+-@`. */
export const tagsPerResource = 50;
const valueLength = 256;
const prefix = 'graasp-deploy:configuration:';
const chunkKey = /^graasp-deploy:configuration:(\d+)\/(\d+)$/;

/** The configuration of an instance as AWS describes it. */
export function recordConfiguration(instance: DBInstance): RecordedConfiguration {
  return withoutUndefined({
    identifier: instance.DBInstanceIdentifier ?? '',
    resourceId: instance.DbiResourceId,
    engine: instance.Engine,
    engineVersion: instance.EngineVersion,
    instanceClass: instance.DBInstanceClass,
    licenseModel: instance.LicenseModel,
    port: instance.Endpoint?.Port,
    availabilityZone: instance.AvailabilityZone,
    multiAZ: instance.MultiAZ,
    subnetGroup: instance.DBSubnetGroup?.DBSubnetGroupName,
    securityGroups: (instance.VpcSecurityGroups ?? []).flatMap((group) => group.VpcSecurityGroupId ?? []),
    parameterGroup: instance.DBParameterGroups?.[0]?.DBParameterGroupName,
    optionGroup: instance.OptionGroupMemberships?.[0]?.OptionGroupName,
    publiclyAccessible: instance.PubliclyAccessible,
    networkType: instance.NetworkType,
    caCertificate: instance.CACertificateIdentifier,
    ...recordStorage(instance),
    deletionProtection: instance.DeletionProtection,
    iamAuthentication: instance.IAMDatabaseAuthenticationEnabled,
    logExports: instance.EnabledCloudwatchLogsExports ?? [],
    ...recordMonitoring(instance),
    backupRetentionDays: instance.BackupRetentionPeriod,
    backupWindow: instance.PreferredBackupWindow,
    maintenanceWindow: instance.PreferredMaintenanceWindow,
    autoMinorVersionUpgrade: instance.AutoMinorVersionUpgrade,
    copyTagsToSnapshot: instance.CopyTagsToSnapshot,
    tags: instanceTags(instance),
  });
}

function recordStorage(instance: DBInstance) {
  return {
    storageType: instance.StorageType,
    allocatedStorageGiB: instance.AllocatedStorage,
    maxAllocatedStorageGiB: instance.MaxAllocatedStorage,
    iops: instance.Iops,
    storageThroughput: instance.StorageThroughput,
    dedicatedLogVolume: instance.DedicatedLogVolume,
  };
}

function recordMonitoring(instance: DBInstance) {
  return {
    monitoringIntervalSeconds: instance.MonitoringInterval,
    monitoringRoleArn: instance.MonitoringRoleArn,
    performanceInsights: instance.PerformanceInsightsEnabled,
    performanceInsightsRetentionDays: instance.PerformanceInsightsRetentionPeriod,
    performanceInsightsKmsKey: instance.PerformanceInsightsKMSKeyId,
    databaseInsightsMode: instance.DatabaseInsightsMode,
  };
}

/** Tags that begin with `aws:` belong to AWS and cannot be set. */
function instanceTags(instance: DBInstance): Readonly<Record<string, string>> {
  const own = (instance.TagList ?? []).filter((tag) => tag.Key !== undefined && !tag.Key.startsWith('aws:'));
  return Object.fromEntries(own.map((tag) => [tag.Key!, tag.Value ?? '']));
}

/**
 * The configuration as tags: JSON in base64url, cut to what a value may hold. When `room` tags are too few the instance's own tags are left
 * out; null when even then they are.
 */
export function configurationTags(configuration: RecordedConfiguration, room: number): readonly { readonly Key: string; readonly Value: string }[] | null {
  const chunks = chunk(encode(JSON.stringify(configuration)));
  if (chunks.length <= room) return chunks.map((Value, index) => ({ Key: `${prefix}${index + 1}/${chunks.length}`, Value }));
  return configuration.tags === null ? null : configurationTags({ ...configuration, tags: null }, room);
}

/** Reads back what `snapshotDb` recorded in a snapshot's tags; null when there is nothing, or a part of it is missing. */
export function readRecordedConfiguration(tags: readonly SnapshotTag[]): RecordedConfiguration | null {
  const parts = tags.flatMap((tag) => {
    const [, index, count] = chunkKey.exec(tag.Key ?? '') ?? [];
    return index === undefined ? [] : [{ index: Number(index), count: Number(count), value: tag.Value ?? '' }];
  });
  const count = parts[0]?.count;
  const ordered = Array.from({ length: count ?? 0 }, (_, at) => parts.find((part) => part.index === at + 1 && part.count === count)?.value);
  if (count === undefined || parts.length !== count || ordered.includes(undefined)) return null;
  return parse(ordered.join('')).unwrapOr(null);
}

const parse = Result.fromThrowable(
  (encoded: string) => {
    const value: unknown = JSON.parse(decode(encoded));
    const whole = typeof value === 'object' && value !== null && 'identifier' in value && 'securityGroups' in value;
    return whole ? (value as RecordedConfiguration) : null;
  },
  () => null,
);

function encode(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function decode(encoded: string): string {
  const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

function chunk(text: string): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / valueLength) }, (_, at) => text.slice(at * valueLength, (at + 1) * valueLength));
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
