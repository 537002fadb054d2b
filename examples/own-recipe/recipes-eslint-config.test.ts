import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** One statement of a recipe's body. `run` is declared as the library has it, without all that the library imports. */
const body = (statement: string) => `
import { ok, type ResultAsync } from 'neverthrow';
interface Run {
  step<T, E>(name: string, call: () => ResultAsync<T, E>): ResultAsync<T, E>;
}
declare const open: () => ResultAsync<number, { readonly kind: 'TimedOut' }>;
export async function* body(run: Run) {
  ${statement}
  yield* run.step('close', open);
  return ok(null);
}
`;

const step = "run.step('open', open)";
const statements = {
  forgotten: { statement: `${step};`, breaks: ['@typescript-eslint/no-floating-promises'] },
  voided: { statement: `void ${step};`, breaks: ['@typescript-eslint/no-floating-promises'] },
  chained: { statement: `${step}.map(() => null);`, breaks: ['@typescript-eslint/no-floating-promises'] },
  awaited: { statement: `await ${step};`, breaks: ['no-restricted-syntax'] },
  yielded: { statement: `yield* ${step};`, breaks: [] },
};

/** A project as somebody who uses the packages has it, with the configuration copied into it. */
describe('the configuration of ESLint for recipes', () => {
  const project = mkdtempSync(join(tmpdir(), 'recipes-lint-'));
  const broken = new Map<string, readonly (string | null)[]>();

  beforeAll(async () => {
    mkdirSync(join(project, 'src'));
    for (const [name, { statement }] of Object.entries(statements)) writeFileSync(join(project, 'src', `${name}.ts`), body(statement));
    symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['src'] }));
    const configuration = join(import.meta.dirname, 'recipes.eslint.config.js');
    const eslint = new ESLint({ cwd: project, overrideConfigFile: configuration, overrideConfig: { languageOptions: { parserOptions: { tsconfigRootDir: project } } } });
    for (const { filePath, messages } of await eslint.lintFiles(['src'])) broken.set(relative(join(project, 'src'), filePath), messages.map(({ ruleId }) => ruleId));
  }, 120_000);

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it.each(Object.entries(statements))('says of a step that is %s what it has to', (name, { breaks }) => {
    expect(broken.get(`${name}.ts`)).toEqual(breaks);
  });
});
