import { connect, preflight, s3RunStore } from '@graasp/deploy';
import { startLocalCloud } from '@graasp/local-cloud';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { graaspBlueprint } from './graasp-blueprint.js';
import { graaspImages } from './graasp-images.js';
import { graaspOperated } from './graasp-operated.js';

beforeEach(() => {
  vi.stubEnv('MAINTENANCE_HEADER_NAME', 'x-operator');
  vi.stubEnv('MAINTENANCE_HEADER_SECRET', 'only-on-this-machine');
});
afterEach(() => vi.unstubAllEnvs());

describe('the definition that says how the environment is operated', () => {
  it.each([
    ['in the morning, when nobody applies infrastructure', '2026-11-23T08:00:00Z', []],
    ['right before the nightly stop', '2026-11-23T16:00:00Z', [expect.stringContaining('nightly stop')]],
  ])('is taken by preflight %s', async (_, startAt, failed) => {
    const buckets = ['graasp-infrastructure', 'graasp-releases'];
    await using cloud = await startLocalCloud({ blueprint: { ...graaspBlueprint('dev'), buckets }, images: graaspImages(), startAt: Date.parse(startAt) });
    const runStore = s3RunStore({ bucket: 'graasp-releases', self: { actor: 'anna@laptop' } });
    const env = (await connect(graaspOperated, { ...cloud.connection, runStore }))._unsafeUnwrap();

    const looked = await preflight(env, { version: 'v1.55.0' });
    const checks = looked.match(({ checks }) => checks, (error) => (error.kind === 'PreflightFailed' ? error.checks : []));

    expect(checks).toContainEqual(expect.objectContaining({ name: 'infrastructure code', status: 'ok' }));
    expect(checks.filter(({ status }) => status === 'failed').map(({ name, detail }) => `${name}: ${detail}`)).toEqual(failed);
  });
});
