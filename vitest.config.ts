import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.js';

const source = (path: string) => new URL(path, import.meta.url).pathname;
const report = process.env['TEST_REPORT'];

/** By a command of their own: `npm run test:failures`. */
export const failures = ['test/failures/**/*.test.ts', 'test/simulation/planted.test.ts'];

/** `npx vitest run packages/deploy/src/steps` runs a part; `SEED=1234 npm test` runs the property tests as a failure printed them. */
export default defineConfig({
  resolve: {
    alias: {
      '@graasp/deploy/durable': source('packages/deploy/src/durable.ts'),
      '@graasp/deploy/opentelemetry': source('packages/deploy/src/opentelemetry.ts'),
      '@graasp/deploy': source('packages/deploy/src/index.ts'),
      '@graasp/local-cloud': source('packages/local-cloud/src/index.ts'),
    },
  },
  test: {
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // where `.ci/run` counts the tests
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: report } }),
    // nothing sleeps, but a loaded machine with two cores is slow
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: [source('test/setup/seed.ts'), source('test/setup/real-clients.ts')],
    include: ['{packages/*/src,examples,test,docs/src}/**/*.test.ts', 'docs/scripts/*.test.mts', '{eslint-rules,test/mutation}/*.test.js'],
    exclude: ['**/node_modules/**', ...failures],
    // vitest leaves a core free, which on two is half of them; rehearsals wait for their processes
    maxWorkers: 2,
    // files share their worker's modules: most of a file's time was to import the SDK, and to run it before it is compiled
    isolate: false,
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      include: ['packages/deploy/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts', '**/*.conformance.ts', 'packages/deploy/src/{index,browser,durable,opentelemetry}.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { lines: 95, branches: 90 },
    },
  },
});
