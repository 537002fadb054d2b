import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { graaspBlueprint } from '../environments/graasp-blueprint.js';
import { realStage } from './real-stage.js';

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await startLocalCloud({ blueprint: { ...graaspBlueprint('dev'), buckets: ['graasp-runs'] }, http: true });
});
afterAll(() => cloud.stop());
afterEach(() => vi.unstubAllEnvs());

it('can be asked which recipe a run in a bucket is of, which decides how it is continued', async () => {
  for (const [name, value] of Object.entries({ RUNS_BUCKET: 'graasp-runs', AWS_ENDPOINT_URL: cloud.url, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' })) vi.stubEnv(name, value);
  expect((await realStage('dev').runStore.read('dev/runs/r1'))._unsafeUnwrap()).toBeNull();
});
