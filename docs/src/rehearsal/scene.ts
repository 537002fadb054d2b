import type { InspectedDatabase, InspectedRule, InspectedService, InspectedSnapshot, InspectedTask, Inspection } from '@graasp/local-cloud';
import { blueprint, definition, hosts, schemas, versions } from './shop';

/** What there is in the cloud, as the diagram draws it. */
export interface Scene {
  readonly rules: readonly RuleLook[];
  readonly services: readonly ServiceLook[];
  /** The newest one-off task; null before there was one. */
  readonly migration: MigrationLook | null;
  /** The one in use first; then those set aside, or being restored. */
  readonly databases: readonly DatabaseLook[];
  readonly snapshots: readonly SnapshotLook[];
}

export interface RuleLook {
  readonly name: string;
  readonly host: string;
  readonly open: boolean;
}

export interface ServiceLook {
  readonly name: string;
  readonly role: 'application' | 'administration';
  readonly desired: number;
  /** `web:3` */
  readonly revision: string;
  readonly tasks: readonly TaskLook[];
}

export interface TaskLook {
  readonly id: string;
  readonly status: 'starting' | 'running' | 'stopping';
  /** null: it follows no release. */
  readonly version: string | null;
}

export interface MigrationLook {
  readonly version: string | null;
  readonly status: 'starting' | 'running' | 'succeeded' | 'failed';
}

export interface DatabaseLook {
  readonly identifier: string;
  readonly status: string;
  readonly schema: string;
  readonly rows: number;
  readonly inUse: boolean;
}

export interface SnapshotLook {
  readonly identifier: string;
  readonly status: string;
  readonly percent: number;
}

/** Which image is whose, by digest. */
export type VersionOf = (digest: string | undefined) => string | null;

export function sceneOf(inspect: Inspection, versionOf: VersionOf): Scene {
  const tasks = inspect.tasks();
  return {
    rules: inspect.rules().filter(({ priority }) => priority !== 'default').map(ruleOf),
    services: inspect.services().map((service) => serviceOf(service, tasks, versionOf)),
    migration: migrationOf(tasks, versionOf),
    databases: databasesOf(inspect.databases()),
    snapshots: inspect.snapshots().map(snapshotOf),
  };
}

/** Before anything is loaded: what the rehearsal begins with. */
export const initialScene: Scene = {
  rules: blueprint.loadBalancer.listeners.flatMap(({ rules }) => rules.map(({ name }) => ({ name, host: name === 'web' ? hosts.shop : hosts.office, open: true }))),
  services: blueprint.services.map(({ name, desiredCount }) => ({
    name,
    role: roleOf(name),
    desired: desiredCount,
    revision: `${name}:1`,
    tasks: Array.from({ length: desiredCount }, (_, index) => ({ id: `${name}-${index}`, status: 'running', version: roleOf(name) === 'application' ? versions.old : null })),
  })),
  migration: null,
  databases: [{ identifier: definition.database, status: 'available', schema: schemas.old, rows: blueprint.database.model?.rows ?? 0, inUse: true }],
  snapshots: [],
};

interface Condition {
  readonly HostHeaderConfig?: { readonly Values?: readonly string[] };
  readonly HttpHeaderConfig?: object;
}

function ruleOf({ name = '', conditions }: InspectedRule): RuleLook {
  const all = conditions as readonly Condition[];
  return { name, host: all.flatMap(({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? []).join(', '), open: !all.some(({ HttpHeaderConfig }) => HttpHeaderConfig !== undefined) };
}

function roleOf(name: string): ServiceLook['role'] {
  return definition.services[name as keyof typeof definition.services].role;
}

function serviceOf({ name, desiredCount, taskDefinition }: InspectedService, tasks: readonly InspectedTask[], versionOf: VersionOf): ServiceLook {
  const own = tasks.filter(({ group, lastStatus }) => group === `service:${name}` && lastStatus !== 'STOPPED');
  return { name, role: roleOf(name), desired: desiredCount, revision: lastPart(taskDefinition), tasks: own.map((task) => taskOf(task, versionOf)) };
}

function taskOf({ arn, lastStatus, desiredStatus, containers }: InspectedTask, versionOf: VersionOf): TaskLook {
  const status = desiredStatus === 'STOPPED' ? 'stopping' : lastStatus === 'RUNNING' ? 'running' : 'starting';
  return { id: lastPart(arn), status, version: versionOf(containers[0]?.imageDigest) };
}

function migrationOf(tasks: readonly InspectedTask[], versionOf: VersionOf): MigrationLook | null {
  const newest = tasks.filter(({ group }) => group === 'family:migrate').at(-1);
  if (newest === undefined) return null;
  const [container] = newest.containers;
  const status = newest.lastStatus === 'STOPPED' ? (container?.exitCode === 0 ? 'succeeded' : 'failed') : newest.lastStatus === 'RUNNING' ? 'running' : 'starting';
  return { version: versionOf(container?.imageDigest), status };
}

function databasesOf(all: readonly InspectedDatabase[]): readonly DatabaseLook[] {
  const looks = all.map(({ identifier, status, model }) => ({ identifier, status, schema: model?.schema ?? '', rows: model?.rows ?? 0, inUse: identifier === definition.database }));
  return [...looks].sort((one, other) => Number(other.inUse) - Number(one.inUse));
}

function snapshotOf({ identifier, status, percentProgress }: InspectedSnapshot): SnapshotLook {
  return { identifier, status, percent: percentProgress };
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
