import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

/** What becomes of releases that fail, with real hosts: minutes, so that `npm test` does without. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], coverage: { enabled: false } } },
  defineConfig({ test: { include: ['test/failures/**/*.test.ts'] } }),
);
