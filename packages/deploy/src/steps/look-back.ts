import { err, ok, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices } from '../aws/ecs.js';
import type { EnvironmentDefinition } from '../environment/definition.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, LockLost, NextAction, Refused, RunStoreFailed } from '../errors.js';
import { readGate } from '../gate/read-gate.js';
import { isClosed } from '../gate/rules.js';
import { compareVersions } from '../runs/compare-versions.js';
import { readHold } from '../runs/hold.js';
import { nextAction } from '../runs/next-actions.js';
import { readSchema } from '../runs/schema-record.js';
import { refuseDatabaseAway } from './refuse-database-away.js';
import { refuseOlderCode } from './refuse-older-code.js';
import { versionInUse } from './version-in-use.js';

/** What is there before a version is gone back to. */
export interface LookedBack {
  /** service -> the version that it is on; null where nothing tells. */
  readonly from: Readonly<Record<string, string | null>>;
  readonly maintenance: 'on' | 'off';
  /** Once it is back. */
  readonly nextActions: readonly NextAction[];
}

/** What is there, and whether going back is right, before anything is changed. */
export function lookBack(env: Environment, { to, oldCodeFits }: { readonly to: string; readonly oldCodeFits?: boolean | undefined }): ResultAsync<LookedBack, AwsError | Refused | RunStoreFailed | LockLost> {
  return safeTry<LookedBack, AwsError | Refused | RunStoreFailed | LockLost>(async function* () {
    yield* refuseDatabaseAway(env);
    const held = (yield* readHold(env)) !== null;
    yield* refuseOlderCode(yield* readSchema(env), { version: to, of: '', doing: 'deployed', oldCodeFits, held });
    const from: Record<string, string | null> = {};
    for (const service of yield* describeServices(env, releasedServices(env.definition))) from[service.serviceName!] = yield* versionInUse(env, service);
    const known = Object.values(from);
    if (known.every((version) => version !== null && compareVersions(version, to) < 0)) return err(notOlder(to, from));
    const { gated, header } = yield* readGate(env);
    const maintenance = gated.length > 0 && gated.every((rule) => isClosed(rule, header)) ? 'on' : 'off';
    const baseline = env[internals].run?.baseline() ?? null;
    const isAway = baseline?.putAside.includes('gate') === true;
    return ok<LookedBack>({ from, maintenance, nextActions: isAway ? [nextAction(env, 'reopen', 'Put back what is still away and let visitors in', { run: baseline.byRun })] : [] });
  });
}

/** Services whose code follows the released version. */
export function releasedServices({ services }: EnvironmentDefinition): readonly string[] {
  return Object.keys(services).filter((name) => services[name]!.release !== undefined);
}

function notOlder(to: string, from: Readonly<Record<string, string | null>>): Refused {
  const running = Object.entries(from).map(([name, version]) => `${name} ${version}`).join(', ');
  return {
    kind: 'Refused',
    rule: 'not-older',
    message: `${to} is newer than everything that runs (${running}): that would be no way back. Nothing was changed.`,
    remedy: 'Deploy it with deployWithoutMigration, or deployWithMigration where it changes the schema.',
  };
}
