// #region main
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig({
  files: ['**/*.ts'],
  extends: [tseslint.configs.base],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    // a step that nobody waits for: what `run.step` gives is no Promise, but something that can be awaited like one
    '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true, ignoreVoid: false }],
    // `await` gives a Result, and its error is lost where nobody looks at it
    'no-restricted-syntax': ['error', { selector: "AwaitExpression[argument.callee.property.name='step']", message: 'yield* a step of a recipe, instead of awaiting it.' }],
  },
});
// #endregion main
