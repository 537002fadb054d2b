import { DescribeServicesCommand, DescribeTaskDefinitionCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { testEnvironment } from '../environment/environment.fixture.js';
import { putJson } from '../runs/store-document.js';
import { refuseMisfits, refuseMisfitsAtWork } from './refuse-misfits.js';

const ecs = mockClient(ECSClient);
const schema = { version: 'v2.0.0', outcome: 'migrated', at: '2026-11-23T09:00:00.000Z', run: 'run-0' } as const;
const graasp: Service = { serviceName: 'graasp', taskDefinition: 'graasp:1', desiredCount: 1 };
const redis: Service = { serviceName: 'redis', taskDefinition: 'redis:1', desiredCount: 1 };

interface Known {
  readonly version: string | null;
  readonly migrated?: boolean;
  readonly undone?: string;
}

async function knowing({ version, migrated = false, undone }: Known) {
  ecs.on(DescribeTaskDefinitionCommand).resolves({ taskDefinition: { containerDefinitions: [{ name: 'core', image: 'elsewhere/core@sha256:1' }] }, tags: version === null ? [] : [{ key: 'graasp-deploy:version', value: version }] });
  const env = testEnvironment();
  const known = migrated ? schema : null;
  if (known !== null) (await putJson(env[internals].runStore, 'dev/schema', known))._unsafeUnwrap();
  if (undone !== undefined) (await putJson(env[internals].runStore, 'dev/restored', { undone, schema: known, running: null, at: '', run: 'run-0' }))._unsafeUnwrap();
  return env;
}

beforeEach(() => ecs.reset());

describe('refuseMisfits', () => {
  it('asks for no version while nothing is known of any migration', async () => {
    expect((await refuseMisfits(await knowing({ version: 'v1.0.0' }), [graasp])).isOk()).toBe(true);
    expect(ecs.calls()).toEqual([]);
  });

  it.each<readonly [string, Known, string | null]>([
    ['older than the schema', { version: 'v1.0.0', migrated: true }, 'v1.0.0 of service graasp is older than the schema, which was migrated to v2.0.0 (2026-11-23T09:00:00.000Z): nothing was started'],
    ['of the schema', { version: 'v2.0.0', migrated: true }, null],
    ['not known', { version: null, migrated: true }, 'nothing tells which version service graasp is on, and the schema was migrated to v2.0.0 (2026-11-23T09:00:00.000Z): nothing was started'],
    ['of a migration that was undone', { version: 'v2.0.0', undone: 'v2.0.0' }, 'the database was restored to before its migration to v2.0.0, and v2.0.0 of service graasp is not older than that: nothing was started'],
    ['older than a migration that was undone', { version: 'v1.0.0', undone: 'v2.0.0' }, null],
  ])('of code that is %s', async (_, known, message) => {
    const result = await refuseMisfits(await knowing(known), [redis, graasp]);
    expect(result.isErr() ? result.error.message : null).toBe(message);
  });

  it('believes who says that old code fits, and not that new code does on what was restored', async () => {
    expect((await refuseMisfits(await knowing({ version: 'v1.0.0', migrated: true }), [graasp], true)).isOk()).toBe(true);
    expect((await refuseMisfits(await knowing({ version: 'v1.0.0', migrated: true }), [graasp], false)).isErr()).toBe(true);
    expect((await refuseMisfits(await knowing({ version: 'v3.0.0', migrated: true, undone: 'v3.0.0' }), [graasp], true))._unsafeUnwrapErr()).toMatchObject({ rule: 'new-code-on-old-schema' });
  });

  it('does not ask of services that have no release images', async () => {
    expect((await refuseMisfits(await knowing({ version: null, migrated: true }), [redis])).isOk()).toBe(true);
    expect(ecs.calls()).toEqual([]);
  });
});

describe('refuseMisfitsAtWork', () => {
  it('asks of those alone that run, or are to', async () => {
    const env = await knowing({ version: 'v1.0.0', migrated: true });
    const found = (desiredCount: number) => ecs.on(DescribeServicesCommand).resolves({ services: [{ ...graasp, desiredCount }, redis, { serviceName: 'admin', desiredCount: 1 }] });
    found(0);
    expect((await refuseMisfitsAtWork(env)).isOk()).toBe(true);
    found(1);
    expect((await refuseMisfitsAtWork(env))._unsafeUnwrapErr()).toMatchObject({ rule: 'old-code-on-new-schema' });
    expect((await refuseMisfitsAtWork(env, true)).isOk()).toBe(true);
  });
});
