import type { JsonValue } from '../environment/environment.js';
import type { NextAction, PreflightCheck } from '../errors.js';
import { versionsFound } from '../steps/preflight/check-services.js';

/** What a run's reports have told so far of what people ask first. */
export interface RunFacts {
  /** ISO time from which visitors were kept out by this run; null: they are not, or were before it began. */
  readonly closedAt: string | null;
  /** ISO time from which they were let in again. */
  readonly openedAt: string | null;
  /** service -> the version that it was found on, where that is known */
  readonly before: Readonly<Record<string, string>>;
  /** The version that was deployed, and that the database was migrated to. */
  readonly deployed: string | null;
  readonly migrated: string | null;
  /** Identifier of the snapshot to go back to. */
  readonly restorePoint: string | null;
  readonly nextActions: readonly NextAction[];
}

export const noFacts: RunFacts = { closedAt: null, openedAt: null, before: {}, deployed: null, migrated: null, restorePoint: null, nextActions: [] };

/** Reports are told apart by what they hold: steps have other names in other recipes. A step that was done before tells its report again. */
export function factsAfter(facts: RunFacts, report: JsonValue | undefined): RunFacts {
  if (typeof report !== 'object' || report === null || Array.isArray(report)) return facts;
  const told = report as ToldReport;
  return {
    ...facts,
    ...doors(facts, told),
    ...(told.checks === undefined ? {} : { before: { ...versionsFound(told.checks), ...facts.before } }),
    ...(told.from === undefined || typeof told.from !== 'object' ? {} : { before: knownOf(told.from) }),
    ...(told.version !== undefined && told.services !== undefined ? { deployed: told.version } : {}),
    ...(told.version !== undefined && told.schema === 'migrated' ? { migrated: told.version } : {}),
    ...(typeof told.restorePoint === 'object' && told.restorePoint !== null ? { restorePoint: told.restorePoint.snapshotId } : {}),
    ...(told.nextActions === undefined ? {} : { nextActions: told.nextActions }),
  };
}

/** As far as `PreflightReport`, `MaintenanceReport`, `SnapshotReport`, `MigrationReport`, `DeployReport` and those of the ways back have it. */
interface ToldReport {
  readonly checks?: readonly PreflightCheck[];
  readonly maintenance?: 'on' | 'off';
  readonly provenAt?: string;
  readonly rulesChanged?: readonly string[];
  readonly restorePoint?: { readonly snapshotId: string } | string | null;
  readonly schema?: unknown;
  readonly version?: string;
  readonly services?: unknown;
  readonly from?: Readonly<Record<string, string | null>>;
  readonly nextActions?: readonly NextAction[];
}

function doors({ closedAt }: RunFacts, { maintenance, provenAt, rulesChanged = [] }: ToldReport): Partial<RunFacts> {
  if (maintenance === undefined || provenAt === undefined || provenAt === '') return {};
  if (maintenance === 'off') return { openedAt: provenAt };
  return { closedAt: closedAt ?? (rulesChanged.length > 0 ? provenAt : null), openedAt: null };
}

function knownOf(versions: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(versions).filter((one): one is [string, string] => one[1] !== null));
}
