import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { boundaries } from './eslint-rules/boundaries.js';
import { fileNames } from './eslint-rules/file-names.js';
import { keepBoundaries } from './eslint-rules/keep-boundaries.js';
import { mustUseResult } from './eslint-rules/must-use-result.js';

const tests = ['**/*.test.{ts,mts}', '**/*.conformance.ts', '**/*.test-d.ts', '**/*.test.js', 'test/**', 'docs/test/**'];

/** Real processes, sockets and visitors live in the machine's time; everything else asks a Clock. */
const physical = [
  '**/clock.ts',
  'packages/local-cloud/src/hosts/!(host|model-*).ts',
  'packages/local-cloud/src/wire/http-listener*.ts',
  'examples/**',
  'bench/**',
  'test/**',
];

const timers = ['setTimeout', 'setInterval', 'setImmediate'];
const timeAndChance = [
  ['Date', 'now'],
  ['performance', 'now'],
  ['Math', 'random'],
  ['crypto', 'randomUUID'],
  ['crypto', 'getRandomValues'],
  ['AbortSignal', 'timeout'],
  ...timers.map((timer) => ['globalThis', timer]),
];

const syntax = [
  { selector: 'TSInterfaceDeclaration[id.name=/^I[A-Z][a-z]|Interface$/]', message: 'An interface is named as the thing it is: no I…, no …Interface.' },
  { selector: 'ExportDefaultDeclaration', message: 'Export by name, so that a thing has one name everywhere.' },
];
const presentTime = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes from a Clock.' },
  { selector: "CallExpression[callee.name='Date']", message: 'Time comes from a Clock.' },
];

export default defineConfig(
  { ignores: ['.stryker-tmp/', '**/dist/', 'packages/*/build/', '**/coverage/', '**/node_modules/', 'docs/build/', 'docs/.docusaurus/', 'docs/src/api/', 'docs/versioned_*/', 'test/consumer/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: {
      graasp: { rules: { 'file-names': fileNames, 'keep-boundaries': keepBoundaries, 'must-use-result': mustUseResult } },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // functions here close over what they need, and `this` is not used
      '@typescript-eslint/unbound-method': 'off',
      // a method of an interface may be async without having something to await
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always'],
      'graasp/file-names': 'error',
      'graasp/keep-boundaries': ['error', boundaries],
      'graasp/must-use-result': 'error',
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 70 }],
      'no-restricted-syntax': ['error', ...syntax],
    },
  },
  {
    files: ['**/*.{ts,tsx,mts}'],
    ignores: physical,
    rules: {
      'no-restricted-globals': ['error', ...timers.map((name) => ({ name, message: 'Time comes from a Clock.' }))],
      'no-restricted-properties': [
        'error',
        ...timeAndChance.map(([object, property]) => ({ object, property, message: 'Time and chance come from a Clock.' })),
      ],
      'no-restricted-syntax': ['error', ...syntax, ...presentTime],
    },
  },
  // a test looks at what is, after a call whose outcome it does not care for
  { files: [...tests, '**/*.conformance.ts', '**/*.test-d.ts', 'test/**/*.ts'], rules: { 'max-lines': 'off', 'max-lines-per-function': 'off', 'graasp/must-use-result': 'off', '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-misused-promises': 'off' } },
  // types are all that counts there: nothing of it runs
  { files: ['**/*.test-d.ts'], rules: { '@typescript-eslint/no-unused-vars': 'off', 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'graasp/must-use-result': 'off' },
  },
  // what loads them takes the default export
  { files: ['**/*.config.{js,ts}', 'docs/{plugins,src/pages,src/theme}/**', 'docs/sidebars.ts'], rules: { 'no-restricted-syntax': 'off' } },
);
