import { defineConfig, mergeConfig } from 'vitest/config';
import base, { failures } from './vitest.config.js';

/** What becomes of releases that fail: with real hosts, and with bugs planted in the library. It takes minutes, so that `npm test` does without. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [], coverage: { enabled: false } } },
  // processes and PostgreSQL go by the machine's time: one that stalls for a second loses minutes of the cloud's
  defineConfig({ test: { include: [...failures], retry: 1 } }),
);
