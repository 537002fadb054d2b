import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

interface Snippet {
  readonly title: string;
  readonly file: string;
  readonly code: string;
  /** The rules that it breaks; none: it is allowed. */
  readonly breaks?: readonly string[];
}

const boundary = ['graasp/keep-boundaries'];
const deploy = 'packages/deploy/src';
const cloud = 'packages/local-cloud/src';
const lines = (count: number) => Array.from({ length: count }, (_, line) => `export const line${line} = ${line};`).join('\n');
const longFunction = (count: number) => `export function long(): number {\n  let n = 0;\n${'  n += 1;\n'.repeat(count - 4)}  return n;\n}`;
const result = "import { ok, type Result } from 'neverthrow';\nconst check = (): Result<number, string> => ok(1);\n";

const snippets: readonly Snippet[] = [
  { title: 'a dropped Result', file: `${deploy}/steps/drop.ts`, code: `${result}check();`, breaks: ['graasp/must-use-result'] },
  {
    title: 'a dropped ResultAsync',
    file: `${deploy}/steps/drop-async.ts`,
    code: "import { okAsync } from 'neverthrow';\nokAsync(1);",
    breaks: ['graasp/must-use-result', '@typescript-eslint/no-floating-promises'],
  },
  { title: 'a floating promise', file: `${deploy}/steps/float.ts`, code: 'Promise.resolve(1);', breaks: ['@typescript-eslint/no-floating-promises'] },
  { title: 'a used Result', file: `${deploy}/steps/use.ts`, code: `${result}export const value = check();` },

  { title: 'Date.now in a step', file: `${deploy}/steps/now.ts`, code: 'export const now = Date.now();', breaks: ['no-restricted-properties'] },
  { title: 'Date.now handed on', file: `${cloud}/services/now.ts`, code: 'export const now = Date.now;', breaks: ['no-restricted-properties'] },
  { title: 'new Date() without a time', file: `${deploy}/steps/date.ts`, code: 'export const now = new Date();', breaks: ['no-restricted-syntax'] },
  { title: 'new Date of a time', file: `${deploy}/steps/date-of.ts`, code: 'export const then = new Date(0);' },
  { title: 'setTimeout', file: `${cloud}/services/timer.ts`, code: 'setTimeout(() => undefined, 1);', breaks: ['no-restricted-globals'] },
  { title: 'setInterval', file: `${cloud}/services/interval.ts`, code: 'setInterval(() => undefined, 1);', breaks: ['no-restricted-globals'] },
  { title: 'setImmediate', file: `${cloud}/services/immediate.ts`, code: 'setImmediate(() => undefined);', breaks: ['no-restricted-globals'] },
  { title: 'a timer of globalThis', file: `${cloud}/services/global.ts`, code: 'globalThis.setTimeout(() => undefined, 1);', breaks: ['no-restricted-properties'] },
  { title: 'AbortSignal.timeout', file: `${deploy}/steps/signal.ts`, code: 'export const signal = AbortSignal.timeout(1);', breaks: ['no-restricted-properties'] },
  { title: 'Math.random', file: `${deploy}/steps/chance.ts`, code: 'export const chance = Math.random();', breaks: ['no-restricted-properties'] },
  { title: 'crypto.randomUUID', file: `${deploy}/steps/uuid.ts`, code: 'export const id = crypto.randomUUID();', breaks: ['no-restricted-properties'] },
  { title: 'performance.now', file: `${deploy}/steps/performance.ts`, code: 'export const now = performance.now();', breaks: ['no-restricted-properties'] },
  { title: 'setTimeout in a test of a step', file: `${deploy}/steps/timer.test.ts`, code: 'setTimeout(() => undefined, 1);', breaks: ['no-restricted-globals'] },
  { title: 'time and chance in a clock', file: `${deploy}/clock.ts`, code: 'setTimeout(() => Math.random(), Date.now());' },
  { title: 'time in a real host', file: `${cloud}/hosts/real-containers.ts`, code: 'setTimeout(() => undefined, Date.now());' },
  { title: 'time in a test of a real host', file: `${cloud}/hosts/real-containers.test.ts`, code: 'setTimeout(() => undefined, Date.now());' },
  { title: 'time in the reaper', file: `${cloud}/hosts/reaper.ts`, code: 'setTimeout(() => undefined, Date.now());' },
  { title: 'time in a part of a real host', file: `${cloud}/hosts/postgres-server.ts`, code: 'setTimeout(() => undefined, Date.now());' },
  { title: 'time in a model host', file: `${cloud}/hosts/model-containers.ts`, code: 'setTimeout(() => undefined, 1);', breaks: ['no-restricted-globals'] },

  { title: 'the AWS SDK in a step', file: `${deploy}/steps/sdk.ts`, code: "export { ECSClient } from '@aws-sdk/client-ecs';", breaks: boundary },
  { title: 'a type of the AWS SDK in a step', file: `${deploy}/steps/sdk-type.ts`, code: "import type { Task } from '@aws-sdk/client-ecs';\nexport type T = Task;", breaks: boundary },
  { title: 'an import type of the AWS SDK', file: `${deploy}/states/sdk-type.ts`, code: "export type T = import('@aws-sdk/client-ecs').Task;", breaks: boundary },
  { title: 'a lazy AWS SDK in a recipe', file: `${deploy}/recipes/sdk.ts`, code: "export const load = () => import('@aws-sdk/client-ecs');", breaks: boundary },
  { title: 'the AWS SDK in aws/', file: `${deploy}/aws/ecs.ts`, code: "export const load = () => import('@aws-sdk/client-ecs');" },
  { title: 'the AWS SDK in a test of a step', file: `${deploy}/steps/sdk.test.ts`, code: "export { ECSClient } from '@aws-sdk/client-ecs';" },

  { title: 'node: in a step', file: `${deploy}/steps/node.ts`, code: "export { readFileSync } from 'node:fs';", breaks: boundary },
  { title: 'a builtin asked for at run time', file: `${deploy}/steps/builtin.ts`, code: "export const http = process.getBuiltinModule('node:http');", breaks: boundary },
  { title: 'a builtin asked for where it is announced', file: `${deploy}/node-front-door.ts`, code: "export const http = process.getBuiltinModule('node:http');" },
  { title: 'a builtin without its node:', file: `${deploy}/wait.ts`, code: "export { readFileSync } from 'fs';", breaks: boundary },
  { title: 'node: in a service of the local cloud', file: `${cloud}/services/node.ts`, code: "export const load = () => import('node:http');", breaks: boundary },
  { title: 'a package for Node in a service of the local cloud', file: `${cloud}/services/sql.ts`, code: "export { Client } from 'pg';", breaks: boundary },
  { title: 'pg in the library', file: `${deploy}/steps/sql.ts`, code: "export { Client } from 'pg';", breaks: boundary },
  { title: 'OpenTelemetry in a reporter of the main entry', file: `${deploy}/reports/traces.ts`, code: "export type { Span } from '@opentelemetry/api';", breaks: boundary },
  { title: 'OpenTelemetry in its reporter', file: `${deploy}/reports/opentelemetry-reporter.ts`, code: "export { trace } from '@opentelemetry/api';" },
  { title: 'the reporter for OpenTelemetry in the main entry', file: `${deploy}/public.ts`, code: "export * from './reports/opentelemetry-reporter.js';", breaks: boundary },
  { title: 'the reporter for OpenTelemetry in its entry', file: `${deploy}/opentelemetry.ts`, code: "export * from './reports/opentelemetry-reporter.js';" },
  { title: 'node: in a model host', file: `${cloud}/hosts/model-front.ts`, code: "export { createServer } from 'node:http';", breaks: boundary },
  { title: 'node: in a file run store', file: `${deploy}/runs/file-run-store.ts`, code: "export { readFileSync } from 'node:fs';" },
  { title: 'node: in the reporter for GitHub', file: `${deploy}/reports/github-reporter.ts`, code: "export { appendFileSync } from 'node:fs';" },
  { title: 'node: in what renders for it', file: `${deploy}/reports/github-commands.ts`, code: "export { appendFileSync } from 'node:fs';", breaks: boundary },
  { title: 'node: in the terminal reporter', file: `${deploy}/reports/terminal-reporter.ts`, code: "export { stdout } from 'node:process';" },
  { title: 'node: in runScript', file: `${deploy}/run-script.ts`, code: "export { exit } from 'node:process';" },
  { title: 'node: in a real host', file: `${cloud}/hosts/real-front.ts`, code: "export { createServer } from 'node:http';" },
  { title: 'node: in a part of a real host', file: `${cloud}/hosts/free-port.ts`, code: "export { createServer } from 'node:net';" },
  { title: 'a real host in a service', file: `${cloud}/services/host.ts`, code: "export * from '../hosts/real-front.js';", breaks: boundary },
  { title: 'a real host in a model host', file: `${cloud}/hosts/model-databases.ts`, code: "export * from './real-front.js';", breaks: boundary },
  { title: 'a model host in a service', file: `${cloud}/services/model.ts`, code: "export * from '../hosts/model-containers.js';" },
  { title: 'a real host where a cloud starts', file: `${cloud}/start.ts`, code: "export const load = () => import('./hosts/real-front.js');" },
  { title: 'node: in the HTTP listener', file: `${cloud}/wire/http-listener.ts`, code: "export { createServer } from 'node:http';" },

  { title: 'the local cloud in the library', file: `${deploy}/steps/cloud.ts`, code: "export * from '@graasp/local-cloud';", breaks: boundary },
  { title: 'the local cloud in a test of the library', file: `${deploy}/steps/cloud.test.ts`, code: "export * from '@graasp/local-cloud';", breaks: boundary },
  { title: 'the library in the local cloud', file: `${cloud}/services/library.ts`, code: "export type * from '@graasp/deploy';", breaks: boundary },
  { title: 'the library in the local cloud by path', file: `${cloud}/library.ts`, code: "export type { Clock } from '../../deploy/src/clock.js';", breaks: boundary },
  { title: 'a recipe in a step', file: `${deploy}/steps/recipe.ts`, code: "export * from '../recipes/deploy-with-migration.js';", breaks: boundary },
  { title: 'a step in aws/', file: `${deploy}/aws/step.ts`, code: "export * from '../steps/snapshot-db.js';", breaks: boundary },
  { title: 'aws/ in a recipe', file: `${deploy}/recipes/aws.ts`, code: "export type * from '../aws/ecs.js';", breaks: boundary },
  { title: 'steps, runs and states in a recipe', file: `${deploy}/recipes/good.ts`, code: "export * from '../steps/use.js';" },
  { title: 'aws/ in a step', file: `${deploy}/steps/aws.ts`, code: "export * from '../aws/ecs.js';" },

  { title: 'a file of 301 lines', file: `${deploy}/long.ts`, code: lines(301), breaks: ['max-lines'] },
  { title: 'a file of 300 lines', file: `${deploy}/not-long.ts`, code: lines(300) },
  { title: 'a function of 71 lines', file: `${deploy}/long-function.ts`, code: longFunction(71), breaks: ['max-lines-per-function'] },
  { title: 'a function of 70 lines', file: `${deploy}/not-long-function.ts`, code: longFunction(70) },
  { title: 'a long test', file: `${deploy}/long.test.ts`, code: lines(301) },
  { title: 'a file named utils', file: `${deploy}/utils.ts`, code: 'export const a = 1;', breaks: ['graasp/file-names'] },
  { title: 'a folder named helpers', file: `${cloud}/helpers/sort.ts`, code: 'export const a = 1;', breaks: ['graasp/file-names'] },
  { title: 'a file in camelCase', file: `${deploy}/steps/snapshotDb.ts`, code: 'export const a = 1;', breaks: ['graasp/file-names'] },
  { title: 'an interface named I…', file: `${deploy}/named.ts`, code: 'export interface IClock { now(): number }', breaks: ['no-restricted-syntax'] },
  { title: 'an interface named …Interface', file: `${deploy}/named-so.ts`, code: 'export interface ClockInterface { now(): number }', breaks: ['no-restricted-syntax'] },
  { title: 'a default export', file: `${deploy}/default.ts`, code: 'export default 1;', breaks: ['no-restricted-syntax'] },
];

/** The real configuration over real files: a copy of the tree in miniature, linted in one go. */
describe('the linter', () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'graasp-lint-'));
  const broken = new Map<string, readonly string[]>();

  beforeAll(async () => {
    for (const { file, code } of snippets) {
      mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
      writeFileSync(path.join(copy, file), `${code}\n`);
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    writeFileSync(path.join(copy, 'tsconfig.json'), JSON.stringify({ extends: path.join(root, 'tsconfig.json'), include: ['packages'] }));
    const eslint = new ESLint({
      cwd: copy,
      overrideConfigFile: path.join(root, 'eslint.config.js'),
      overrideConfig: { languageOptions: { parserOptions: { tsconfigRootDir: copy } } },
    });
    for (const { filePath, messages } of await eslint.lintFiles(['packages'])) {
      broken.set(path.relative(copy, filePath), messages.map(({ ruleId, message }) => ruleId ?? message));
    }
  }, 120_000);

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it.each(snippets.filter(({ breaks }) => breaks))('refuses $title', ({ file, breaks }) => {
    expect([...(broken.get(file) ?? [])].sort()).toEqual([...(breaks ?? [])].sort());
  });

  it.each(snippets.filter(({ breaks }) => !breaks))('allows $title', ({ file }) => {
    expect(broken.get(file)).toEqual([]);
  });
});
