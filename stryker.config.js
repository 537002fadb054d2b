/** `npm run mutation`: is there a test that fails when the library is changed? `SHARE=2 SEED=7 npm run mutation` tries two mutants in a hundred. */
export default {
  mutate: ['packages/deploy/src/{steps,recipes,runs}/**/*.ts', '!**/*.{test,fixture,conformance}.ts', '!packages/deploy/src/runs/testing/**'],
  plugins: ['@stryker-mutator/vitest-runner', './test/mutation/sample.js'],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  checkers: ['sample'],
  coverageAnalysis: 'perTest',
  // what a module does once, when it is loaded: each would need every test, in a process of its own
  ignoreStatic: true,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { logTests: false, allowColor: false },
  jsonReporter: { fileName: 'reports/mutation.json' },
  concurrency: 2,
  dryRunTimeoutMinutes: 30,
  ignorePatterns: ['/reports', '/coverage', '/packages/*/dist', '/packages/*/build', '/docs/build', '/docs/.docusaurus', '.local-cloud', '.graasp-deploy', '.runs'],
};
