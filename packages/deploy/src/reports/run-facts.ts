import * as v from 'valibot';
import type { JsonValue } from '../environment/environment.js';
import type { NextAction } from '../errors.js';
import { versionsFound } from '../steps/preflight/check-services.js';

/** What a run's reports have told so far of what people ask first. */
export interface RunFacts {
  /** ISO time from which visitors were kept out by this run; null: they are not, or were before it began. */
  readonly closedAt: string | null;
  /** ISO time from which they were let in again. */
  readonly openedAt: string | null;
  /** service -> the version that it was found on, where that is known */
  readonly before: Readonly<Record<string, string>>;
  /** The version that was deployed. */
  readonly deployed: string | null;
  /** The version that the database was migrated to. */
  readonly migrated: string | null;
  /** Identifier of the snapshot to go back to. */
  readonly restorePoint: string | null;
  readonly nextActions: readonly NextAction[];
}

export const noFacts: RunFacts = { closedAt: null, openedAt: null, before: {}, deployed: null, migrated: null, restorePoint: null, nextActions: [] };

/** A report of which this much is looked at, and what it adds. */
interface Reading {
  readonly schema: v.GenericSchema;
  readonly add: (facts: RunFacts, told: never) => RunFacts;
}

function reading<S extends v.GenericSchema>(schema: S, add: (facts: RunFacts, told: v.InferOutput<S>) => RunFacts): Reading {
  return { schema, add };
}

/** What is no time would be none in the picture of the run either. */
const isoTime = v.pipe(v.string(), v.isoTimestamp());

/** Reports are told apart by what they hold: in other recipes steps have other names, and the caller's own steps report what they like. */
const readings: readonly Reading[] = [
  // PreflightReport, and what rollBack has looked at
  reading(v.object({ checks: v.array(v.object({ group: v.string(), name: v.string(), detail: v.string() })) }), (facts, { checks }) => ({ ...facts, before: { ...versionsFound(checks), ...facts.before } })),
  reading(v.object({ from: v.record(v.string(), v.nullable(v.string())) }), (facts, { from }) => ({ ...facts, before: known(from) })),
  // MaintenanceReport
  reading(v.object({ maintenance: v.literal('on'), provenAt: isoTime, rulesChanged: v.array(v.string()) }), (facts, { provenAt, rulesChanged }) => ({
    ...facts,
    closedAt: facts.closedAt ?? (rulesChanged.length > 0 ? provenAt : null),
    openedAt: null,
  })),
  reading(v.object({ maintenance: v.literal('off'), provenAt: isoTime }), (facts, { provenAt }) => ({ ...facts, openedAt: provenAt })),
  // SnapshotReport, MigrationReport, DeployReport
  reading(v.object({ restorePoint: v.object({ snapshotId: v.string() }) }), (facts, { restorePoint }) => ({ ...facts, restorePoint: restorePoint.snapshotId })),
  reading(v.object({ version: v.string(), schema: v.literal('migrated') }), (facts, { version }) => ({ ...facts, migrated: version })),
  reading(v.object({ version: v.string(), services: v.record(v.string(), v.object({ taskDefinition: v.string() })) }), (facts, { version }) => ({ ...facts, deployed: version })),
  // reports of whole recipes
  reading(v.object({ nextActions: v.array(v.object({ text: v.string(), command: v.string() })) }), (facts, { nextActions }) => ({ ...facts, nextActions })),
];

/** With what a report adds. A step that was done before a resume reports again. */
export function factsAfter(facts: RunFacts, report: JsonValue | undefined): RunFacts {
  return readings.reduce((sofar, { schema, add }) => (v.is(schema, report) ? add(sofar, report as never) : sofar), facts);
}

function known(versions: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(versions).filter((one): one is [string, string] => one[1] !== null));
}
