import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

const failures = 'test/failures/**/*.test.ts';

/** Every row of the failure tables with real hosts: minutes, so that `npm test` does without. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], coverage: { enabled: false } } },
  defineConfig({ test: { include: [failures] } }),
);
