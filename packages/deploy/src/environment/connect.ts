import { err, errAsync, ok, ResultAsync, type Result } from 'neverthrow';
import { createClients, type AwsConnection } from '../aws/clients.js';
import { requireCloudFront } from '../aws/cloudfront-package.js';
import { systemClock, type Clock } from '../clock.js';
import type { Aborted, ConnectError } from '../errors.js';
import { frontDoorFromFetch } from '../front-door.js';
import { nodeFrontDoor } from '../node-front-door.js';
import type { Reporter } from '../reports/events.js';
import { environmentRedactor, hideSecrets } from '../reports/redact.js';
import { invalidInput } from '../runs/as-run.js';
import { memoryRunStore } from '../runs/memory-run-store.js';
import type { RunStore, StoreReach } from '../runs/run-store.js';
import { connectProblems } from './connect-problems.js';
import type { EnvironmentDefinition } from './definition.js';
import { internals, type Check, type Commands, type Environment, type EnvironmentInternals, type Found } from './environment.js';
import { findEnvironment } from './find-environment.js';
import { reporting } from './reporting.js';
import { openSql } from './open-sql.js';
import { resolveHeader } from './resolve-header.js';
import { resolveUmami } from './resolve-umami.js';

export interface ConnectOptions {
  /** How to reach AWS; default the SDK's own chain of credentials and endpoints. A local cloud's `connection` has it. */
  readonly aws?: AwsConnection | undefined;
  /** How visitors reach the environment, and image registries are asked; default each address of the balancer by itself (Node), else the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly clock?: Clock | undefined;
  /** Ends every wait of this environment, and keeps calls from being sent. */
  readonly signal?: AbortSignal | undefined;
  readonly reporters?: readonly Reporter[] | undefined;
  /** Where journal, lock, hold and baseline are kept. Needed on AWS; in memory on a local cloud. */
  readonly runStore?: RunStore | undefined;
  /** How long a run waits for another that is at work; default `{ waitSeconds: 0 }`, which refuses at once. */
  readonly lock?: LockOptions | undefined;
  /** Checks of the caller's own by name, run by `verifyDeployment`. */
  readonly checks?: Readonly<Record<string, Check>> | undefined;
  /** How the next actions of an error are spelled; `{environment}`, `{run}`, `{recipe}`, `{instance}`, `{snapshot}` and `{version}` are filled in. */
  readonly commands?: Partial<Commands> | undefined;
}

export interface LockOptions {
  /** 0 or more. A run that has died is not waited for, nor is a hold. */
  readonly waitSeconds?: number | undefined;
}

/**
 * Makes an environment of a definition: validates everything before any call, then resolves its names in seven calls.
 * Changes nothing.
 *
 * - InvalidInput: every problem of the definition and the options, unset secrets by the name of their variable; a package missing that the
 *   definition needs: `pg` for an `sqlConnection`, `@aws-sdk/client-cloudfront` for the gate of distributions.
 * - NotFound: lists every thing that is missing, with region and account.
 * - Refused (`account`): the credentials are of another account than the definition's.
 * - AccessDenied, Throttled, Unreachable, CredentialsExpired, Unexpected: as any call of AWS.
 * - RunStoreFailed: nothing bears the database's name, and whether a restore is under way cannot be read.
 * - Aborted: `signal` was.
 */
export function connect<S extends string>(definition: EnvironmentDefinition<S>, options: ConnectOptions = {}): ResultAsync<Environment<S>, ConnectError> {
  const problems = connectProblems(definition, options);
  if (problems.length > 0) return errAsync(invalidInput('connect', problems));
  if (options.signal?.aborted) return errAsync(abortedBefore());
  return requireCloudFront(definition)
    .andThen(() => new ResultAsync(openSql(definition)))
    .andThen((sql) => new ResultAsync(resolveNames(openEnvironment(definition, options, sql))));
}

async function resolveNames<S extends string>(unfound: Environment<S>): Promise<Result<Environment<S>, ConnectError>> {
  hideSecrets(unfound);
  const found = await findEnvironment(unfound);
  return found.isErr() ? err(found.error) : ok(withInternals(unfound, found.value));
}

function withInternals<S extends string>(env: Environment<S>, changes: Partial<EnvironmentInternals>): Environment<S> {
  return { ...env, [internals]: { ...env[internals], ...changes } };
}

const nothingFound: Found = {
  clusterArn: '',
  loadBalancerArn: '',
  loadBalancerDnsName: '',
  listenerArn: '',
  listenerProtocol: '',
  listenerPort: 0,
  targetGroupsOf: {},
  databaseResourceId: '',
};

/** The environment before anything was asked of AWS. */
export function openEnvironment<S extends string>(definition: EnvironmentDefinition<S>, options: ConnectOptions, sql: EnvironmentInternals['sql']): Environment<S> {
  const { aws = {}, clock = systemClock, signal = new AbortController().signal, reporters = [], fetch } = options;
  const { header } = resolveHeader(definition);
  const env: Environment<S> = {
    definition,
    runId: null,
    planning: false,
    clock,
    signal,
    emit: () => undefined,
    [internals]: {
      clients: createClients(definition.region, aws),
      accountId: '',
      header,
      umami: resolveUmami(definition).credentials,
      sql,
      found: nothingFound,
      frontDoor: fetch === undefined ? nodeFrontDoor() : frontDoorFromFetch(fetch),
      fetch: fetch ?? ((...request) => globalThis.fetch(...request)),
      runStore: reached(options.runStore ?? memoryRunStore(), { region: definition.region, aws, clock }),
      lockWaitSeconds: options.lock?.waitSeconds ?? 0,
      reporters,
      checks: options.checks ?? {},
      commands: { ...defaultCommands, ...options.commands },
      run: null,
    },
  };
  return { ...env, emit: reporting({ environment: definition.name, clock, reporters, runId: null, redact: environmentRedactor(env) }) };
}

function reached(store: RunStore, reach: StoreReach): RunStore {
  return store.reachedBy?.(reach) ?? store;
}

const defaultCommands: Commands = {
  resume: "resume(env, {recipe}, '{run}')",
  retryMigration: "resume(env, {recipe}, '{run}', { retryMigration: true })",
  reopen: "reopen(env, { run: '{run}' })",
  restoreDb: "restoreDb(env, { confirm: '{instance}', from: { snapshotId: '{snapshot}' } })",
  rollBack: "rollBack(env, { to: '{version}' })",
  deploy: "deployWithMigration(env, { version: '{version}' })",
  releaseHold: "releaseHold(env, { run: '{run}', reason: '…' })",
};

function abortedBefore(): Aborted {
  return { kind: 'Aborted', waitingFor: 'connect', message: 'aborted before anything was asked of AWS', remedy: 'Nothing was changed; call again.' };
}

