import { describe, expect, it } from 'vitest';
import { definitionProblems } from './definition-problems.js';
import { definition } from './environment.fixture.js';

function problems(changes: object): readonly string[] {
  return definitionProblems({ ...definition, ...changes });
}

const service = { role: 'application', desiredCount: 1 } as const;

describe('definitionProblems', () => {
  it('finds none in a definition that is right', () => expect(definitionProblems(definition)).toEqual([]));

  it('takes a public source of images, and tells what is wrong with one', () => {
    const source = { registry: 'public.ecr.aws', repository: 'alias/graasp' };
    const images = { repository: 'graasp', source };
    expect(problems({ images })).toEqual([]);
    expect(problems({ images: { ...images, source: { registry: 'https://public.ecr.aws', repository: 'Graasp' } } })).toEqual([
      "images.source.registry: expected the host of a registry like 'public.ecr.aws', got 'https://public.ecr.aws' (string)",
      "images.source.repository: expected the name of a repository like 'alias/graasp', got 'Graasp' (string)",
    ]);
    const own = { ...images, mutableTags: { core: 'core-previous' }, source: { ...source, registry: '123456789012.dkr.ecr.eu-central-1.amazonaws.com' } };
    expect(problems({ images: own })).toEqual([
      "images.source.registry: expected a registry that asks for no credentials, got '123456789012.dkr.ecr.eu-central-1.amazonaws.com' (string)",
      "images.mutableTags: 'core-previous' is the tag by which the image that runs is kept when the next one is promoted",
    ]);
    expect(problems({ services: { a: service }, migration: undefined, images })).toEqual(['images.source: expected something to copy from it, but no service has a release, and there is no migration']);
  });

  it('tells every problem at once, each with the way to it', () => {
    const wrong = {
      name: '',
      region: 3,
      clster: 'x',
      services: { a: { desiredCount: -1, role: 'x', dependsOn: 'b', releese: 1 }, b: null, c: { ...service, release: { core: { tag: 'core' } } } },
      maintenance: { headerName: { fromEnv: '' }, headerValue: 's3cret' },
      checks: [{ name: 'a', url: 'x' }],
    };
    expect(definitionProblems(wrong as never)).toEqual([
      "name: expected letters, digits and hyphens, got '' (string)",
      "region: expected an AWS region like 'eu-central-1', got 3 (number)",
      'cluster: expected the name of an ECS cluster, got nothing',
      'loadBalancer: expected the name of a load balancer, got nothing',
      'database: expected the identifier of an RDS instance, got nothing',
      "services.a.role: expected 'application' or 'administration', got 'x' (string)",
      'services.a.desiredCount: expected a whole number, 0 or more, got -1 (number)',
      "services.a.dependsOn: expected a list of services, got 'b' (string)",
      'services.a.releese: unknown key; known are role, desiredCount, minCapacity, databases, dependsOn, volatile, release',
      'services.b: expected an object, got null',
      "services.c.release.core.tag: expected an image tag that contains '{version}', got 'core' (string)",
      "maintenance.headerName.fromEnv: expected the name of an environment variable, got '' (string)",
      'maintenance.headerValue: expected secretFromEnv(…), got a string',
      "checks.0.url: expected a URL that begins with https:// or http://, got 'x' (string)",
      'clster: unknown key; known are name, region, accountId, cluster, loadBalancer, database, services, maintenance, migration, images, checks, otherWriters, umami, sqlConnection, sqlTask, schedules, infrastructureLock, heartbeat',
    ]);
  });

  it('tells a schedule that is at no time of day, or on no day', () => {
    expect(problems({ schedules: [{ name: 'nightly stop', utc: '20:00' }, { name: 'report', utc: '04:30', days: ['mon', 'sun'] }] })).toEqual([]);
    expect(problems({ schedules: [{ name: '', utc: '24:00', days: ['monday'] }] })).toEqual([
      "schedules.0.name: expected a text that is not empty, got '' (string)",
      "schedules.0.utc: expected a time of day like '20:00', got '24:00' (string)",
      "schedules.0.days.0: expected 'mon' or 'tue' or 'wed' or 'thu' or 'fri' or 'sat' or 'sun', got 'monday' (string)",
    ]);
  });

  it('does not repeat a secret that was written into the definition', () => {
    expect(problems({ maintenance: { headerName: 'x-maintenance', headerValue: 'very-secret' } }).join()).not.toContain('very-secret');
  });

  it('refuses what is no object', () => expect(definitionProblems(null as never)).toEqual(['definition: expected an object, got null']));

  it('refuses references to services that are not defined', () => {
    expect(problems({ services: { a: { ...service, dependsOn: ['c'] } }, migration: { ...definition.migration, networkOf: 'b' } })).toEqual([
      "services.a.dependsOn: expected one of a, got 'c' (string)",
      "migration.networkOf: expected one of a, got 'b' (string)",
    ]);
  });

  it('tells each circle of dependencies once', () => {
    const services = { graasp: service, b: { ...service, dependsOn: ['c'] }, c: { ...service, dependsOn: ['d', 'graasp'] }, d: { ...service, dependsOn: ['b'] }, self: { ...service, dependsOn: ['self'] } };
    expect(problems({ services })).toEqual(['services: dependsOn goes in a circle: b -> c -> d -> b', 'services: dependsOn goes in a circle: self -> self']);
  });

  it('refuses a mutable tag of a container that is not released', () => {
    expect(problems({ images: { repository: 'graasp', mutableTags: { core: 'core-latest', migrate: 'migrate-latest', nudenet: 'x' } } })).toEqual([
      "images.mutableTags: expected a released container (core, migrate), got 'nudenet' (string)",
    ]);
  });

  it('refuses checks of one name, and addresses that are none', () => {
    expect(problems({ checks: [{ name: 'a', url: 'https://x' }, { name: 'a', url: 'https://[' }] })).toEqual(["checks: 'a' is the name of more than one", "checks.a.url: expected a URL, got 'https://[' (string)"]);
  });

  it('takes Umami below a path, and its user in the clear', () => {
    expect(problems({ umami: { url: 'https://graasp.org/umami/', websiteId: '86d4095c-a2a8-4fc8-9521-103e858e2b41', username: 'viewer', password: { fromEnv: 'UMAMI_PASSWORD' } } })).toEqual([]);
  });

  it('tells what is wrong with Umami, and repeats no password', () => {
    const told = problems({ umami: { url: 'https://viewer:hunter2@umami.org', websiteId: 'a/b', username: '', password: 'hunter2', token: 'x' } });
    expect(told).toEqual([
      'umami.url: expected a URL like https://umami.example.org, without user, query and fragment, got one with an @',
      "umami.websiteId: expected the id of a website, got 'a/b' (string)",
      "umami.username: expected a text that is not empty, got '' (string)",
      'umami.password: expected secretFromEnv(…), got a string',
      'umami.token: unknown key; known are url, websiteId, username, password',
    ]);
  });

  it('knows one way to the SQL of the database', () => {
    const sqlTask = { taskDefinitionFamily: 'migrate', container: 'migrate', networkOf: 'graasp', command: ['node', 'sql.mjs'] };
    expect(problems({ sqlTask })).toEqual([]);
    expect(problems({ sqlConnection: { fromEnv: 'DATABASE_URL' } })).toEqual([]);
    expect(problems({ sqlTask: { ...sqlTask, networkOf: 'core' } as never, sqlConnection: { fromEnv: 'DATABASE_URL' } })).toEqual([
      "sqlTask.networkOf: expected one of graasp, redis, admin, got 'core' (string)",
      'sqlTask: expected one way to the SQL of the database, got sqlConnection too',
    ]);
  });

  it('refuses a task that would migrate whenever the database is asked', () => {
    expect(problems({ sqlTask: { taskDefinitionFamily: 'migrate', networkOf: 'graasp' } })).toEqual(['sqlTask.command: expected the command that runs DEPLOY_SQL, because that of migrate itself migrates, got nothing']);
    expect(problems({ migration: undefined, sqlTask: { taskDefinitionFamily: 'migrate', networkOf: 'graasp' } })).toEqual([]);
  });

  it('refuses a connection that stands in the definition, without repeating it', () => {
    expect(problems({ sqlConnection: 'postgresql://graasp:hunter2@db/graasp' as never, sqlTask: { networkOf: 'graasp', cmd: [] } as never })).toEqual([
      'sqlConnection: expected secretFromEnv(…), got a string',
      'sqlTask.taskDefinitionFamily: expected a text that is not empty, got nothing',
      'sqlTask.cmd: unknown key; known are taskDefinitionFamily, container, networkOf, command',
    ]);
  });

  it('refuses names of databases that a task could not be told', () => {
    const services = { ...definition.services, admin: { role: 'administration' as const, desiredCount: 1, databases: ['the shop'] } };
    expect(problems({ services, sqlTask: { taskDefinitionFamily: 'sql', networkOf: 'graasp' } })).toEqual(["services.admin.databases: expected names without a space, which sqlTask could not be told, got 'the shop' (string)"]);
  });

  it.each(['umami.example.org', 'https://umami.example.org?a=1', 'https://umami.example.org/#a', 'ftp://umami.example.org', 'https://['])('takes %s for no address of Umami', (url) => {
    expect(problems({ umami: { url, websiteId: 'a', username: 'viewer', password: { fromEnv: 'UMAMI_PASSWORD' } } })).toEqual([`umami.url: expected a URL like https://umami.example.org, without user, query and fragment, got '${url}' (string)`]);
  });

  it('tells what is wrong with the lock of the infrastructure code', () => {
    expect(problems({ infrastructureLock: { bucket: 'terraform', key: 'env:/dev/graasp.tfstate', region: 'eu-west-1' }, heartbeat: true })).toEqual([]);
    expect(problems({ infrastructureLock: { bucket: 'S3://terraform', key: 'dev/terraform.tfstate.tflock', table: 'locks' }, heartbeat: 60 })).toEqual([
      "infrastructureLock.bucket: expected the name of a bucket, got 'S3://terraform' (string)",
      "infrastructureLock.key: expected the key of a state like 'dev/terraform.tfstate', got 'dev/terraform.tfstate.tflock' (string)",
      'infrastructureLock.table: unknown key; known are bucket, key, region',
      'heartbeat: expected true or false, got 60 (number)',
    ]);
  });

  it('refuses an environment without services', () => {
    expect(problems({ services: {}, migration: undefined })).toEqual(['services: expected at least one service, got none']);
  });
});
