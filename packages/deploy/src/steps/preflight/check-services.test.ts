import { describe, expect, it } from 'vitest';
import type { Service, TaggedTaskDefinition } from '../../aws/ecs.js';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import { internals } from '../../environment/environment.js';
import { putJson } from '../../runs/store-document.js';
import { checkServices, versionsFound } from './check-services.js';
import { type FoundByReads, question } from './question.fixture.js';
import type { Question } from './question.js';

const steady = { deployments: [{ status: 'PRIMARY', rolloutState: 'COMPLETED' }] } as const satisfies Partial<Service>;
const graasp: Service = { serviceName: 'graasp', desiredCount: 1, runningCount: 1, taskDefinition: 'graasp:7', deployments: [...steady.deployments] };
const redis: Service = { ...graasp, serviceName: 'redis' };
const revision = (image: string, tags: TaggedTaskDefinition['tags'] = []) =>
  ({ 'graasp:7': { family: 'graasp', revision: 7, containerDefinitions: [{ name: 'core', image: `1.dkr.ecr.eu/${image}` }, { name: 'nudenet', image: 'x/nudenet' }], tags } }) as unknown as NonNullable<FoundByReads['definitions']>;
const inUse = (version: string | null) => [{ container: 'core', image: null, inRepository: true, version }];

interface Setting extends FoundByReads {
  readonly as?: Partial<Question>;
  readonly schema?: object;
}

async function look({ as = {}, schema, ...reads }: Setting = {}) {
  const env = testEnvironment({ definition });
  if (schema !== undefined) (await putJson(env[internals].runStore, 'dev/schema', { ...schema }))._unsafeUnwrap();
  const found = { services: [graasp, redis], definitions: revision('graasp:core-v1.54.7'), images: inUse('v1.54.7'), ...reads };
  return (await checkServices(env, question(found, as)))._unsafeUnwrap();
}

const only = async (name: string, setting: Setting) => (await look(setting)).find((check) => check.name === name);
const running = 'running version of graasp';

describe('checkServices', () => {
  it('tells which versions run now, and that nobody is deploying', async () => {
    expect((await look()).map(({ group, name, status, detail }) => `${group}: ${status} ${name}: ${detail}`)).toEqual([
      'services: ok running version of graasp: v1.54.7: graasp:7 with core graasp:core-v1.54.7',
      'services: ok schema: no migration is known of',
      'services: ok deployments: none in progress',
      'services: ok tasks: every service runs its desired count',
    ]);
  });

  it.each<[string, Setting, object]>([
    ['nothing tells it', { images: inUse(null) }, { status: 'ok', detail: 'graasp:7 with core graasp:core-v1.54.7' }],
    ['nothing is released', { as: { version: null } }, { status: 'ok', detail: 'v1.54.7: graasp:7 with core graasp:core-v1.54.7' }],
    ['it is the one to be released', { as: { version: 'v1.54.7' } }, { status: 'warning', detail: 'v1.54.7 is what runs now: graasp:7 with core graasp:core-v1.54.7', remedy: 'See that it is the version that is meant: this release deploys nothing new.' }],
    ['it is newer', { as: { version: 'v1.54.6' } }, { status: 'failed', detail: 'v1.54.7 runs now, which is newer: graasp:7 with core graasp:core-v1.54.7', remedy: 'Release v1.54.7 or a later version. To go back to v1.54.6, use rollBack.' }],
    ['its revision has no such container', { definitions: { 'graasp:7': { family: 'graasp', revision: 7, tags: [] } }, images: inUse(null) }, { status: 'ok', detail: 'graasp:7 with no released container' }],
    ['its revision cannot be read', { definitions: {} }, { status: 'skip', detail: 'its task definition or images could not be read' }],
  ])('judges the version that runs where %s', async (_, setting, expected) => {
    expect(await only(running, setting)).toEqual({ group: 'services', name: running, ...expected });
  });

  it.each<[string, object, Partial<Question>, object]>([
    ['an older version', { version: 'v1.54.0', outcome: 'migrated' }, {}, { status: 'ok', detail: 'was migrated to v1.54.0 (yesterday)' }],
    ['the same version', { version: 'v1.54.8', outcome: 'migrated' }, {}, { status: 'ok', detail: 'was migrated to v1.54.8 (yesterday)' }],
    ['a newer version', { version: 'v1.55.0', outcome: 'migrated' }, {}, { status: 'failed', detail: 'was migrated to v1.55.0 (yesterday), which is newer', remedy: 'Release v1.55.0 or a later version, or restore the database.' }],
    ['nobody knows what', { version: 'v1.54.0', outcome: 'unknown' }, { purpose: 'transition' }, { status: 'ok', detail: 'may have been changed by a migration to v1.54.0 (yesterday)' }],
    ['a newer version, of no account where nothing is released', { version: 'v1.55.0', outcome: 'migrated' }, { version: null }, { status: 'ok', detail: 'was migrated to v1.55.0 (yesterday)' }],
  ])('judges a schema of %s', async (_, schema, as, expected) => {
    expect(await only('schema', { schema: { ...schema, at: 'yesterday', run: 'run-0' }, as })).toEqual({ group: 'services', name: 'schema', ...expected });
  });

  it.each<[string, readonly Service['deployments'][]]>([
    ['has two', [[{ rolloutState: 'COMPLETED' }, { rolloutState: 'COMPLETED' }]]],
    ['has one that is not over', [[{ rolloutState: 'IN_PROGRESS' }]]],
  ])('fails while a service is deployed: it %s', async (_, [deployments]) => {
    const services = [{ ...graasp, deployments }, { ...redis, deployments }] as readonly Service[];
    expect(await only('deployments', { services })).toEqual({ group: 'services', name: 'deployments', status: 'failed', detail: 'in progress: graasp, redis', remedy: 'Wait until they are complete, or find out why they are not.' });
  });

  it('warns of services that run fewer tasks than they are to, and of no others', async () => {
    const services = [{ ...graasp, desiredCount: 2 }, { ...redis, desiredCount: 3, runningCount: 2 }];
    expect(await only('tasks', { services })).toEqual({ group: 'services', name: 'tasks', status: 'warning', detail: 'missing: graasp 1 of 2, redis 2 of 3', remedy: 'Find out why they do not run: a release does not heal what is broken before it.' });
    expect(await only('tasks', { services: [{ ...graasp, runningCount: 2 }] })).toMatchObject({ status: 'ok' });
  });

  it('says once that services cannot be read', async () => {
    expect(await look({ services: null })).toEqual([{ group: 'services', name: 'services', status: 'failed', detail: 'services does not exist', remedy: 'Create it.' }]);
  });
});

describe('versionsFound', () => {
  it('reads the versions out of what was told, and leaves out what was not', () => {
    const told = [
      { name: 'running version of graasp', detail: 'v1.54.7: graasp:7 with core graasp:core-v1.54.7' },
      { name: 'running version of library', detail: 'v2.0.0-rc1 is what runs now: library:3' },
      { name: 'running version of collab', detail: 'collab:9 with v3.0.0' },
      { name: 'schema', detail: 'v1.0.0' },
    ];
    expect(versionsFound(told)).toEqual({ graasp: 'v1.54.7', library: 'v2.0.0-rc1' });
  });
});
