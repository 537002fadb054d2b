import * as neverthrow from 'neverthrow';
import { describe, expect, it } from 'vitest';
import * as browser from './browser.js';
import * as index from './index.js';

describe('the public surface', () => {
  it('is in a page what it is in Node, but for what needs a disk, a terminal or a process', () => {
    const missing = Object.keys(index).filter((name) => !(name in browser));
    expect(missing.sort()).toEqual(['fileRunStore', 'githubOidcCredentials', 'githubReporter', 'runScript', 'terminalReporter']);
    expect(Object.keys(browser).filter((name) => !(name in index))).toEqual([]);
  });

  it('gives the neverthrow it uses, so that a caller’s own steps mix with it', () => {
    expect([index.ok, index.err, index.okAsync, index.errAsync, index.safeTry, index.ResultAsync]).toEqual([neverthrow.ok, neverthrow.err, neverthrow.okAsync, neverthrow.errAsync, neverthrow.safeTry, neverthrow.ResultAsync]);
  });

  it('has every step and recipe of the runbook', () => {
    const runbook = ['preflight', 'promoteImage', 'setMaintenance', 'awaitDrained', 'stopServices', 'startServices', 'takeWarmSnapshot', 'snapshotDb', 'runMigration', 'awaitDbSettled', 'deployCore', 'verifyDeployment', 'applyMigration', 'deployWithMigration'];
    const schedules = ['startDb', 'stopDb', 'keepDbStopped'];
    const around = ['defineEnvironment', 'discoverEnvironment', 'secretFromEnv', 'connect', 'readState', 'defineRecipe', 'plan', 'resume', 'releaseHold', 'waitUntil', 'failure', 'fileRunStore', 'memoryRunStore', 's3RunStore', 'runScript', 'terminalReporter', 'jsonLinesReporter'];
    expect([...runbook, ...schedules, ...around].filter((name) => typeof index[name as keyof typeof index] !== 'function')).toEqual([]);
  });
});
