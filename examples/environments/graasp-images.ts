import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageDeclaration, ModelProgram } from '@graasp/local-cloud';
import { localUmami, umamiModel } from './umami-model.js';

/** What the environment runs before the release. */
export const RUNNING_VERSION = 'v1.54.8';
/** The release: its migration splits names, renames a column, rewrites every path, adds a table. */
export const NEXT_VERSION = 'v1.55.0';
/** A release whose migration fails in its third statement on real data (two members share a name), so that nothing of it is applied. */
export const BROKEN_VERSION = 'v1.56.0-rc1';

export type GraaspVersion = typeof RUNNING_VERSION | typeof NEXT_VERSION | typeof BROKEN_VERSION;

/** By version: the schema its code fits, and in model hosts what its migration does (one that finds another schema than `from` changes nothing and exits with 1). */
const versions: Readonly<Record<GraaspVersion, { readonly fits: string; readonly migration: ModelProgram }>> = {
  [RUNNING_VERSION]: { fits: 'before', migration: { kind: 'migration', from: 'before', to: 'before', seconds: 2 } },
  [NEXT_VERSION]: { fits: 'after', migration: { kind: 'migration', from: 'before', to: 'after', seconds: 45 } },
  [BROKEN_VERSION]: { fits: 'after', migration: { kind: 'migration', from: 'members-with-unique-names', to: 'after', seconds: 20 } },
};

/**
 * Every image that the containers of `graaspBlueprint` name, and the release images of all versions: `core-`, `workers-` and `migrate-<version>`.
 * The images of the version that runs also have the mutable tags (`core-latest`, …). `timeScale`: how many times as fast as the machine's the
 * cloud's time passes, for processes that count minutes.
 */
export function graaspImages(running: GraaspVersion = RUNNING_VERSION, timeScale = 1): readonly ImageDeclaration[] {
  return [...(Object.keys(versions) as GraaspVersion[]).flatMap((version) => releaseImages(version, version === running)), ...otherImages(timeScale)];
}

/** A release whose code works on the schema of the running version: it needs no migration. For model hosts. */
export const PATCH_VERSION = 'v1.54.9';

export function patchImages(): readonly ImageDeclaration[] {
  const server = (name: string, more: Partial<ModelProgram>): ImageDeclaration => ({ reference: `graasp:${name}-${PATCH_VERSION}`, model: { kind: 'server', version: PATCH_VERSION, fitsSchemas: ['before'], ...more } as ModelProgram });
  const migration: ImageDeclaration = { reference: `graasp:migrate-${PATCH_VERSION}`, model: { kind: 'migration', from: 'before', to: 'before', seconds: 2 } };
  return [server('core', { writesPerRequest: 1, answers: coreAnswers(PATCH_VERSION) }), server('workers', { writesPerMinute: 10 }), migration];
}

/** What is pushed once the broken migration is mended: the tag of its version moves to an image that wants no unique names. */
export function mendedMigration(): ImageDeclaration {
  return { ...migrateImage(`${BROKEN_VERSION}-mended`, { kind: 'migration', from: 'before', to: 'after', seconds: 45 }), alsoTagged: [`migrate-${BROKEN_VERSION}`] };
}

/** How many migrations the image of a version holds that have not been applied before the release. */
export function migrationsAhead(version: string): number {
  const held = (directory: string): number => readdirSync(inExamples(`migrations/${directory}`)).filter((file) => file.endsWith('.sql')).length;
  return held(version) - held(RUNNING_VERSION);
}

/** The release images of a version as they are published, before anybody has promoted them. */
export function publishedImages({ registry, repository }: { readonly registry: string; readonly repository: string }, version: string): readonly ImageDeclaration[] {
  return ['core', 'workers', 'migrate'].map((name) => ({ reference: `${registry}/${repository}:${name}-${version}`, model: { kind: 'server', version } }));
}

/** Every reference that an image answers to. */
export function referencesOf({ reference, alsoTagged = [] }: ImageDeclaration): readonly string[] {
  return [reference, ...alsoTagged.map((tag) => `${reference.replace(/:[^:/]*$/, '')}:${tag}`)];
}

function releaseImages(version: GraaspVersion, runs: boolean): readonly ImageDeclaration[] {
  const { fits, migration } = versions[version];
  const environment = { APP_VERSION: version };
  const latest = (name: string) => (runs ? { alsoTagged: [`${name}-latest`] } : {});
  return [
    {
      reference: `graasp:core-${version}`,
      ...latest('core'),
      process: { command: node('apps/core/core.mjs'), environment },
      model: { kind: 'server', version, fitsSchemas: [fits], writesPerRequest: 1, answers: coreAnswers(version) },
    },
    {
      reference: `graasp:workers-${version}`,
      ...latest('workers'),
      process: { command: node('apps/worker/worker.mjs'), environment },
      model: { kind: 'server', version, fitsSchemas: [fits], writesPerMinute: 10 },
    },
    { ...migrateImage(version, migration), ...latest('migrate') },
  ];
}

/** It holds the migrations in the directory that its version names. */
function migrateImage(version: string, model: ModelProgram): ImageDeclaration {
  const command = [process.execPath, drizzleKit(), 'migrate'];
  return { reference: `graasp:migrate-${version}`, process: { command, cwd: inExamples('migrations'), environment: { APP_VERSION: version } }, model };
}

/** As far as the definition's checks look. */
function coreAnswers(version: string): Readonly<Record<string, string>> {
  return { '/api/version': JSON.stringify({ version }), '/api/items': '{"items":[{}]}', '/api/members': '{"members":[{}]}' };
}

function umamiImage(timeScale: number): ImageDeclaration {
  const { websiteId, username, password } = localUmami;
  const environment = { UMAMI_WEBSITE_ID: websiteId, UMAMI_USERNAME: username, UMAMI_PASSWORD: password, TIME_SCALE: String(timeScale) };
  return { reference: 'umami', process: { command: node('apps/umami/umami.mjs'), environment }, model: umamiModel() };
}

function otherImages(timeScale: number): readonly ImageDeclaration[] {
  return [
    {
      reference: 'graasp/admin:latest',
      process: { command: node('apps/admin/admin.mjs') },
      model: { kind: 'server', fitsSchemas: ['before', 'after'], writesPerMinute: 4 },
    },
    umamiImage(timeScale),
    { reference: 'graasp/etherpad', process: { command: node('apps/plain/plain.mjs'), environment: { SERVICE_NAME: 'etherpad' } } },
    ...['graasp:nudenet-latest', 'graasp/explore', 'graasp/iframely', 'graasp/collab', 'getmeili/meilisearch:v1.8', 'redis'].map((reference) => ({ reference })),
  ];
}

function node(script: string): readonly string[] {
  return [process.execPath, inExamples(script)];
}

function inExamples(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

/** The program behind `npx drizzle-kit`: the package does not export it, so it is found beside the package's entry. */
function drizzleKit(): string {
  return join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');
}
