import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../clock.js';
import { describeServices, type Service } from '../aws/ecs.js';
import { type Environment, internals } from '../environment/environment.js';
import { expectedGot, serviceProblems, versionProblems, waitProblems } from '../environment/validate.js';
import type { AwsWriteError, Conflict, DeploymentFailed, InvalidInput, PartialChange, Refused, RunError, RunStoreFailed, WaitError } from '../errors.js';
import { openAdministrationRules } from '../gate/administration-rules.js';
import { restoreTargetGroups } from '../gate/tune-target-groups.js';
import { asRun, type Known } from '../runs/as-run.js';
import { compareVersions } from '../runs/compare-versions.js';
import { readUndone } from '../runs/restored-record.js';
import { readSchema, type SchemaRecord } from '../runs/schema-record.js';
import { ensureBaseline } from '../states/baseline.js';
import { secondsSince, startDeadline } from './deadline.js';
import { deployWave } from './deploy-core/deploy-wave.js';
import { deployWaves } from './deploy-core/deploy-waves.js';
import { oldCodeInUse } from './deploy-core/old-code-in-use.js';
import { findServiceRelease, type ServiceRelease } from './deploy-core/release-images.js';
import { type MovedTag, moveMutableTags } from './move-tags.js';
import { refuseDatabaseAway } from './refuse-database-away.js';
import { refuseOlderCode } from './refuse-older-code.js';
import { refuseUndoneCode } from './refuse-undone-code.js';

export interface DeployCoreOptions<S extends string = string> {
  /** The released version: `v1.54.8`. */
  readonly version: string;
  /** Services with release images; default every one. */
  readonly services?: readonly S[] | undefined;
  /**
   * `move-first`: the mutable tags go to the new digests before any service starts; `leave`: they stay, for `moveTags` after verification.
   * Default `move-first` once a migration to this version has succeeded, while a service is still on a version from before the schema (or
   * off, on one that nothing tells), and under the strategy `retag`; else `leave`.
   */
  readonly mutableTags?: 'move-first' | 'leave' | undefined;
  /** Deploys a version older than the schema: the caller knows that it works on it. Default false. */
  readonly oldCodeFits?: boolean | undefined;
  /** For all services together; default 3600. */
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DeployReport<S extends string = string> {
  readonly version: string;
  /** Services with release images. */
  readonly services: Readonly<Record<S, DeployedService>>;
  /** Other services that were started, with their desired count. */
  readonly started: Readonly<Record<string, number>>;
  readonly movedTags: readonly MovedTag[];
  readonly seconds: number;
}

export interface DeployedService {
  /** ARN of the revision. */
  readonly taskDefinition: string;
  readonly deploymentId: string;
  readonly desiredCount: number;
  /** container -> digest */
  readonly images: Readonly<Record<string, string>>;
  /** Whether the deployment was there already: made by this run before it was interrupted. */
  readonly adopted: boolean;
}

export type DeployCoreError = InvalidInput | AwsWriteError | WaitError | Conflict | Refused | DeploymentFailed | PartialChange | RunStoreFailed | RunError;

/** Some waves, each with the start of a task, its health checks, and the end of old tasks (deregistration delay and stop timeout). */
const defaultTimeoutSeconds = 60 * 60;

/**
 * Brings a version up: what the released services need first, then each of them by one UpdateService that carries revision and desired count,
 * then the other application services, and administration that the run has paused. The revision is derived from the one in use; `pin` names
 * the images by digest, `retag` moves the mutable tag and forces a new deployment. Each deployment is followed by its own id until AWS calls
 * it complete, its tasks run and are healthy, and every old task has stopped. Then scaling and shortened target group settings are put back
 * and administration's rules opened. Does not open the gate.
 *
 * Services keep the desired count that the run found; else the one they have, or when that is 0 the definition's. A resumed run follows the
 * deployment that it had made. After a migration old code must not meet the new schema: until a service is deployed ECS may not roll it back
 * (the circuit breaker's and the alarms' `rollback` are off, and put back then), and one whose deployment fails is scaled to 0. On any other
 * failure everything stays as far as it came.
 *
 * Errors: InvalidInput; Refused (`old-code-on-new-schema`, `new-code-on-old-schema` after a restore, and `database-away` in the middle of one); NotFound for an image that was not promoted, or a service; DeploymentFailed with
 * a diagnosis (`gone`, `failed`, `rolled-back`, `superseded`, `scaled-to-zero`, `crash-loop`, `image`, `unhealthy`, `no-capacity`);
 * Conflict on a hold, a lock or a foreign change; PartialChange from administration's rules; TimedOut; Aborted; LockLost, RunStoreFailed;
 * any AwsError.
 */
export function deployCore<S extends string>(env: Environment<S>, options: DeployCoreOptions<NoInfer<S>>): ResultAsync<DeployReport<S>, DeployCoreError> {
  const spec = { name: 'deployCore', changes: true, refusedByHold: true, known: { version: true, services: true, mutableTags: true, oldCodeFits: true, timeoutSeconds: true, signal: true } satisfies Known<DeployCoreOptions>, problems: () => problems(env, options), options };
  return asRun(env, spec, (env) =>
    safeTry<DeployReport<S>, DeployCoreError>(async function* () {
      const startedAt = steadyNow(env.clock);
      const secondsLeft = startDeadline(env, options.timeoutSeconds ?? defaultTimeoutSeconds);
      yield* refuseDatabaseAway(env);
      const schema = yield* readSchema(env);
      yield* refuseOlderCode(schema, { version: options.version, of: '', doing: 'deployed', oldCodeFits: options.oldCodeFits });
      yield* refuseUndoneCode(yield* readUndone(env), { version: options.version, of: '', doing: 'deployed' });
      const released = options.services ?? servicesWithRelease(env);
      const all = yield* describeServices(env, Object.keys(env.definition.services));
      const releases = yield* findReleases(env, all, released, options.version);
      const migrated = yield* isMigrated(env, options.version, schema, [...releases.values()]);
      const movesTags = (options.mutableTags ?? (migrated || strategyOf(env) === 'retag' ? 'move-first' : 'leave')) === 'move-first';
      const { others, administration } = servicesToStart(env, all, released);
      const waves = deployWaves(env.definition.services, { released, others, administration });
      yield* ensureBaseline(env);
      const movedTags = movesTags ? yield* moveMutableTags(env, options.version) : [];
      const services: Record<string, DeployedService> = {};
      for (const wave of waves) Object.assign(services, yield* deployWave(env, wave, { version: options.version, releases, migrated, secondsLeft }));
      yield* restoreTargetGroups(env);
      yield* openAdministrationRules(env, administration);
      const started = yield* countsOf(env, [...others, ...administration]);
      return ok({ version: options.version, services: services as Record<S, DeployedService>, started, movedTags, seconds: secondsSince(env, startedAt) });
    }),
  );
}

/**
 * Whether code from before the schema must be kept from coming back: it was migrated for this version, or for an earlier one that never came
 * up. Not when the version is itself from before, by the caller's word that it fits.
 */
function isMigrated(env: Environment, version: string, schema: SchemaRecord | null, releases: readonly ServiceRelease[]): ReturnType<typeof oldCodeInUse> {
  if (schema === null || compareVersions(version, schema.version) < 0) return okAsync(false);
  if (schema.version === version && schema.outcome === 'migrated') return okAsync(true);
  return oldCodeInUse(env, schema, releases.map(({ service }) => service));
}

/** What is no list is told by `serviceProblems`. */
function listed(services: readonly string[] | undefined): readonly string[] {
  return Array.isArray(services) ? (services as readonly string[]) : [];
}

function problems(env: Environment, options: DeployCoreOptions): readonly string[] {
  const common = [...versionProblems(options?.version), ...waitProblems(options)];
  const { mutableTags } = options ?? {};
  if (mutableTags !== undefined && mutableTags !== 'move-first' && mutableTags !== 'leave') common.push(`mutableTags: ${expectedGot("'move-first' or 'leave'", mutableTags)}`);
  if (env?.definition === undefined) return common;
  const unreleased = listed(options?.services).filter((name) => name in env.definition.services && env.definition.services[name]?.release === undefined);
  return [
    ...common,
    ...serviceProblems(env, options?.services),
    ...unreleased.map((name) => `services: ${expectedGot('a service with release images', name)}`),
    ...(env.definition.images === undefined ? [`images: ${expectedGot('the private repository of the release images in the definition', undefined)}`] : []),
    ...(options?.services === undefined && servicesWithRelease(env).length === 0 ? [`services: ${expectedGot('at least one service with release images in the definition', undefined)}`] : []),
    ...(strategyOf(env) === 'retag' ? containersWithoutTag(env).map((container) => `images.mutableTags.${container}: ${expectedGot("a mutable tag, which the strategy 'retag' moves", undefined)}`) : []),
  ];
}

function servicesWithRelease<S extends string>(env: Environment<S>): readonly S[] {
  return (Object.keys(env.definition.services) as S[]).filter((name) => env.definition.services[name].release !== undefined);
}

function containersWithoutTag(env: Environment): readonly string[] {
  const containers = servicesWithRelease(env).flatMap((name) => Object.keys(env.definition.services[name]?.release ?? {}));
  return containers.filter((container) => env.definition.images?.mutableTags?.[container] === undefined);
}

function strategyOf(env: Environment) {
  return env.definition.images?.strategy ?? 'pin';
}

/** Services that this run, or an earlier one that did not finish, has put aside; and application services that are off and should not be. */
function servicesToStart(env: Environment, all: readonly Service[], released: readonly string[]) {
  const aside = (name: string) => env[internals].run?.baseline()?.putAside.includes(`service:${name}`) === true;
  const definitionOf = (name: string) => env.definition.services[name]!;
  const off = (name: string) => all.find(({ serviceName }) => serviceName === name)?.desiredCount === 0 && definitionOf(name).desiredCount > 0;
  const names = Object.keys(env.definition.services).filter((name) => !released.includes(name));
  return {
    others: names.filter((name) => definitionOf(name).role === 'application' && definitionOf(name).release === undefined && (aside(name) || off(name))),
    administration: names.filter((name) => definitionOf(name).role === 'administration' && aside(name)),
  };
}

function findReleases(env: Environment, all: readonly Service[], released: readonly string[], version: string): ResultAsync<ReadonlyMap<string, ServiceRelease>, AwsWriteError | DeploymentFailed> {
  return safeTry<ReadonlyMap<string, ServiceRelease>, AwsWriteError | DeploymentFailed>(async function* () {
    const releases = new Map<string, ServiceRelease>();
    for (const service of all.filter(({ serviceName }) => released.includes(serviceName!))) {
      releases.set(service.serviceName!, yield* findServiceRelease(env, service, version));
    }
    return ok(releases);
  });
}

function countsOf(env: Environment, names: readonly string[]): ResultAsync<Readonly<Record<string, number>>, AwsWriteError> {
  if (names.length === 0) return okAsync({});
  return describeServices(env, names).map((services) => Object.fromEntries(services.map(({ serviceName, desiredCount }) => [serviceName!, desiredCount ?? 0])));
}

