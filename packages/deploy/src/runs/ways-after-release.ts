import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import type { NextAction, RunStoreFailed } from '../errors.js';
import { refuseMisfits } from '../steps/refuse-misfits.js';
import { type Baseline, databaseAside } from './baseline.js';
import { readJournal } from './journal.js';
import { nextAction } from './next-actions.js';
import { readRestored } from './restored-record.js';
import { readSchema, type SchemaRecord } from './schema-record.js';
import { restorePointOf } from './situation.js';
import { keyOf } from './store-document.js';

/** Whether the code of what is to be started again fits the schema; unknown where AWS cannot be asked. */
type Fit = 'fits' | 'older' | 'newer' | 'unknown';

export interface LetGo {
  readonly run: string;
  readonly found: Baseline | null;
  /** Whether AWS answers. */
  readonly reachable: boolean;
}

const unlessOlder = 'Put back what is away and let visitors in, unless the code is older than the schema';

/** What can be done about an environment in which something is away and that no run holds: the run that was let go of cannot be resumed. */
export function waysAfterRelease(env: Environment, { run, found, reachable }: LetGo): ResultAsync<readonly NextAction[], never> {
  if (found === null || found.putAside.length === 0) return okAsync([]);
  const reopening = (text: string) => nextAction(env, 'reopen', text, { run: found.byRun });
  if (found.putAside.includes(databaseAside)) return okAsync([reopening(`Once ${env.definition.database} is the instance of before again (${found.database}), put back what is away and let visitors in, unless the code is older than the schema`)]);
  const ways = safeTry<readonly NextAction[], RunStoreFailed>(async function* () {
    const schema = yield* readSchema(env);
    const restored = yield* readRestored(env);
    const fit = schema === null && restored === null ? 'fits' : reachable ? yield* fitOf(env, found) : 'unknown';
    if (fit === 'fits') return ok([reopening('Put back what is away and let visitors in')]);
    if (fit === 'newer') return ok([nextAction(env, 'rollBack', 'Bring the code back to the version that was there before the migration that was undone', { run, version: restored?.running ?? undefined })]);
    const restorePoint = (yield* restorePointIn(env, run)) ?? (yield* restorePointIn(env, found.byRun));
    const unless = fit === 'unknown' ? [reopening(unlessOlder)] : [];
    return ok([...waysWithSchema(env, { run, schema, restorePoint }), ...unless]);
  });
  return ways.orElse(() => okAsync([reopening(unlessOlder)]));
}

interface Moved {
  readonly run: string;
  readonly schema: SchemaRecord | null;
  readonly restorePoint: string | undefined;
}

/** The code is older than the schema: the database goes back, or the code goes on. A migration of which nothing is known is not run again unseen. */
function waysWithSchema(env: Environment, { run, schema, restorePoint }: Moved): readonly NextAction[] {
  return [
    ...(restorePoint === undefined ? [] : [nextAction(env, 'restoreDb', `Bring the database back to ${restorePoint}, for the old version: what was written since is in the instance set aside alone`, { run, restorePoint })]),
    ...(schema?.outcome === 'migrated' ? [nextAction(env, 'deploy', `Release ${schema.version} again, or a later version, whose code fits the schema`, { run, version: schema.version })] : []),
  ];
}

/** Of the services that `reopen` starts, and of those that run: it lets visitors in to both. */
function fitOf(env: Environment, { putAside }: Baseline): ResultAsync<Fit, never> {
  const isAway = (name: string) => putAside.includes(`service:${name}`) || putAside.includes(`rollback:${name}`);
  return describeServices(env, Object.keys(env.definition.services))
    .andThen((services) => refuseMisfits(env, services.filter(({ serviceName, desiredCount = 0 }) => isAway(serviceName!) || desiredCount > 0)))
    .map((): Fit => 'fits')
    .orElse((error) => okAsync<Fit>(error.kind !== 'Refused' ? 'unknown' : error.rule === 'new-code-on-old-schema' ? 'newer' : 'older'));
}

/** The snapshot that a run took, or went back to. */
function restorePointIn(env: Environment, run: string): ResultAsync<string | undefined, RunStoreFailed> {
  return readJournal(env[internals].runStore, keyOf.journal(env.definition.name, run)).map((journal) => (journal === null ? undefined : restorePointOf(journal.value)));
}
