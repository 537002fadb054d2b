import type { AwsConnection } from '../aws/clients.js';
import type { Reporter } from '../reports/events.js';
import type { RunStore } from '../runs/run-store.js';
import type { ConnectOptions } from './connect.js';
import type { EnvironmentDefinition } from './definition.js';
import { definitionProblems } from './definition-problems.js';
import { resolveHeader } from './resolve-header.js';
import { resolveSql } from './resolve-sql.js';
import { resolveUmami } from './resolve-umami.js';
import { expectedGot, objectProblems, unknownOptionProblems } from './validate.js';

/** Everything wrong with what `connect` was given, before any call. */
export function connectProblems(definition: EnvironmentDefinition, options: ConnectOptions): readonly string[] {
  return [...definitionProblems(definition), ...headerProblems(definition), ...umamiProblems(definition), ...sqlProblems(definition), ...optionProblems(options)];
}

function headerProblems(definition: EnvironmentDefinition): readonly string[] {
  const given: unknown = (definition as Partial<EnvironmentDefinition> | null)?.maintenance;
  return typeof given === 'object' && given !== null ? resolveHeader(definition).problems : [];
}

function umamiProblems(definition: EnvironmentDefinition): readonly string[] {
  const given: unknown = (definition as Partial<EnvironmentDefinition> | null)?.umami;
  return typeof given === 'object' && given !== null ? resolveUmami(definition).problems : [];
}

function sqlProblems(definition: EnvironmentDefinition): readonly string[] {
  return typeof definition === 'object' && definition !== null ? resolveSql(definition).problems : [];
}

const known = ['aws', 'fetch', 'clock', 'signal', 'reporters', 'runStore', 'lock', 'checks', 'commands'];

function optionProblems(options: ConnectOptions): readonly string[] {
  const noOptions = objectProblems('options', options);
  if (noOptions.length > 0) return noOptions;
  const { fetch, clock, signal, reporters, checks, aws, commands } = options;
  return [
    ...unknownOptionProblems(options, known),
    ...unless(fetch === undefined || typeof fetch === 'function', 'fetch', 'a function like fetch', fetch),
    ...unless(clock === undefined || typeof clock?.sleep === 'function', 'clock', 'a Clock', clock),
    ...unless(signal === undefined || typeof signal?.addEventListener === 'function', 'signal', 'an AbortSignal', signal),
    ...unless(reporters === undefined || (Array.isArray(reporters) && reporters.every(isReporter)), 'reporters', 'a list of reporters', reporters),
    ...reporterProblems(reporters),
    ...unless(checks === undefined || isRecordOfFunctions(checks), 'checks', 'a record of functions', checks),
    ...(aws === undefined ? [] : objectProblems('aws', aws)),
    ...(commands === undefined ? [] : objectProblems('commands', commands)),
    ...lockProblems(options),
    ...runStoreProblems(options),
  ];
}

function unless(right: boolean, name: string, expected: string, value: unknown): readonly string[] {
  return right ? [] : [`${name}: ${expectedGot(expected, value)}`];
}

function isRecordOfFunctions(value: object): boolean {
  return objectProblems('', value).length === 0 && Object.values(value).every((check) => typeof check === 'function');
}

function isReporter(value: unknown): boolean {
  return typeof (value as Partial<Reporter> | null | undefined)?.report === 'function';
}

function reporterProblems(reporters: unknown): readonly string[] {
  if (!Array.isArray(reporters)) return [];
  return reporters.flatMap((reporter: Partial<Reporter> | null, index) => (reporter?.problems ?? []).map((problem) => `reporters[${index}].${problem}`));
}

function runStoreProblems({ runStore, aws }: ConnectOptions): readonly string[] {
  if (runStore === undefined && !isLocal(aws)) return ["runStore: expected where runs are kept, got nothing; s3RunStore({ bucket: '…' }) keeps them where every machine finds them, fileRunStore('.runs', { acknowledged: true }) on this disk, with which they end"];
  const wrong = unless(runStore === undefined || isRunStore(runStore), 'runStore', "a run store, such as fileRunStore('.runs')", runStore);
  if (runStore?.problem !== undefined) return [`runStore: ${runStore.problem}`];
  if (wrong.length > 0 || runStore?.volatile === undefined || isLocal(aws)) return wrong;
  return [`runStore: expected where runs outlive this machine, such as s3RunStore({ bucket: '…' }), got ${runStore.name} (${runStore.volatile}); { acknowledged: true } takes it all the same`];
}

function lockProblems({ lock }: ConnectOptions): readonly string[] {
  if (lock === undefined) return [];
  const noOptions = objectProblems('lock', lock);
  if (noOptions.length > 0) return noOptions;
  const { waitSeconds = 0 } = lock;
  return [
    ...unknownOptionProblems(lock, ['waitSeconds']).map((problem) => `lock.${problem}`),
    ...unless(typeof waitSeconds === 'number' && Number.isFinite(waitSeconds) && waitSeconds >= 0, 'lock.waitSeconds', 'seconds, 0 or more', waitSeconds),
  ];
}

const storeOperations = ['read', 'create', 'replace', 'remove', 'list'] as const;

/** A text has a `replace` of its own: a directory alone is no store. */
function isRunStore(value: unknown): boolean {
  return typeof value === 'object' && value !== null && storeOperations.every((operation) => typeof (value as Partial<RunStore>)[operation] === 'function');
}

/** A cloud in this process or on this machine: its runs need not outlive them. */
function isLocal(aws: AwsConnection | undefined): boolean {
  if (aws?.requestHandler !== undefined) return true;
  return aws?.endpoint !== undefined && /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])([:/]|$)/.test(aws.endpoint);
}
