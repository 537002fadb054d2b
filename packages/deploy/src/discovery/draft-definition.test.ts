import { describe, expect, it } from 'vitest';
import { definitionProblems } from '../environment/definition-problems.js';
import type { Account, FoundContainer, FoundService } from './account.js';
import { draftDefinition } from './draft-definition.js';
import { renderDefinition } from './render-definition.js';

const container: FoundContainer = { name: 'web', image: { repository: 'shop', tag: 'web-latest', tags: ['web-latest', 'web-v1.0.0'] }, connections: [{ instance: 'shop', database: 'shop', by: 'DATABASE_URL' }], databaseSecrets: [] };
const service: FoundService = { name: 'web', family: 'web', desiredCount: 2, scaling: null, unfit: null, doors: ['shop.test'], containers: [container] };
const account: Account = {
  accountId: '123456789012',
  region: 'eu-central-1',
  cluster: 'shop',
  services: [service],
  balancer: { name: 'shop', others: [], listener: { protocol: 'HTTPS', port: 443, forwardsByDefault: false }, listeners: ['HTTPS:443'], othersDoors: [] },
  instances: ['shop'],
  otherFamilies: ['migrate'],
  migrations: [{ family: 'migrate', containers: [{ ...container, name: 'migrate', image: { repository: 'shop', tag: 'migrate-v1.0.0', tags: ['migrate-v1.0.0'] } }] }],
};

const draft = (changes: Partial<Account> = {}, database?: string) => draftDefinition({ ...account, ...changes }, database);
const withService = (changes: Partial<FoundService>) => draft({ services: [{ ...service, ...changes }] });
const withContainer = (changes: Partial<FoundContainer>) => withService({ containers: [{ ...container, ...changes }] });
const said = (of: readonly { readonly path: string; readonly text: string }[], path: string) => of.filter((note) => note.path === path).map(({ text }) => text);

describe('draftDefinition', () => {
  it('drafts a definition that has nothing wrong', () => {
    const { definition } = draft();

    expect(definitionProblems(definition)).toEqual([]);
    expect(definition).toEqual({
      ...{ name: 'shop', region: 'eu-central-1', accountId: '123456789012', cluster: 'shop', loadBalancer: 'shop', database: 'shop' },
      services: { web: { role: 'application', desiredCount: 2, databases: ['shop'], release: { web: { tag: 'web-{version}' } } } },
      maintenance: { headerName: { fromEnv: 'MAINTENANCE_HEADER_NAME' }, headerValue: { fromEnv: 'MAINTENANCE_HEADER_SECRET' } },
      migration: { taskDefinitionFamily: 'migrate', container: 'migrate', tag: 'migrate-{version}', networkOf: 'web' },
      images: { repository: 'shop', mutableTags: { web: 'web-latest' } },
    });
  });

  it.each([
    ['one that the caller names', { instances: ['a', 'b'] }, 'b', 'b', []],
    ['the one that task definitions name', { instances: ['a', 'shop'] }, undefined, 'shop', ['task definitions lead to it']],
  ] as const)('takes for the database %s', (_, changes, wanted, database, why) => {
    const { definition, notes } = draft(changes, wanted);

    expect(definition.database).toBe(database);
    expect(said(notes.guesses, 'database')).toEqual(why);
  });

  it.each([
    [['only'], 'only', 'the only instance in this region'],
    [['other', 'shop'], 'shop', 'called as the cluster is'],
    [['a', 'b'], 'TODO', 'which instance? No task definition names one; there is a, b'],
    [[], 'TODO', 'there is no instance of RDS in this region'],
  ])('where no task definition names an instance of %j, takes %s', (instances, database, text) => {
    const { definition, notes } = draft({ instances, services: [{ ...service, containers: [{ ...container, connections: [] }] }], migrations: [] });

    expect(definition.database).toBe(database);
    expect([...said(notes.guesses, 'database'), ...said(notes.unknowns, 'database')]).toEqual([text]);
  });

  it.each([
    ['backoffice', ['shop.test'], 'administration'],
    ['web', ['admin.shop.test', 'admin.shop.test/x/*'], 'administration'],
    ['web', ['admin.shop.test', 'shop.test'], 'application'],
    ['officer-api', [], 'administration'],
    ['postoffice', [], 'application'],
    ['readmine', [], 'application'],
  ] as const)('takes %s at %j for %s', (name, doors, role) => {
    expect(withService({ name, doors }).definition.services[name]?.role).toBe(role);
  });

  it('goes by the minimum of Auto Scaling, and asks for the number of tasks where there are none', () => {
    expect(withService({ scaling: { min: 3, max: 9 } }).definition.services['web']?.desiredCount).toBe(3);
    const { definition, notes } = withService({ desiredCount: 0 });
    expect(definition.services['web']?.desiredCount).toBe(1);
    expect(said(notes.unknowns, 'services.web.desiredCount')).toEqual(['how many tasks while it runs? There are none now']);
  });

  it.each([
    [{ connections: [], databaseSecrets: ['DB_PASSWORD'] }, 'which of the instance? DB_PASSWORD of its task definition says that it uses one. Without it, it is taken to write'],
    [{ connections: [{ instance: 'shop', database: undefined, by: 'DB_HOST' }] }, 'which of the instance? DB_HOST of its task definition says that it uses one. Without it, it is taken to write'],
    [{ connections: [] }, 'which of the instance? its task definition names none; [] if it does not use the instance. Without it, it is taken to write'],
  ])('never says that a service does not use the database: %j', (changes, text) => {
    const { definition, notes } = withContainer(changes);

    expect(definition.services['web']).not.toHaveProperty('databases');
    expect(said(notes.unknowns, 'services.web.databases')).toEqual([text]);
  });

  it('asks for what no tag and no name tells', () => {
    const { definition, notes } = draft({ services: [{ ...service, containers: [{ ...container, image: null }] }], migrations: [], otherFamilies: ['report'], balancer: null });

    expect(definition).toMatchObject({ loadBalancer: 'TODO' });
    expect(definition).not.toHaveProperty('images');
    expect(definition).not.toHaveProperty('migration');
    expect(said(notes.unknowns, 'images')).toEqual(['no image that runs comes from a repository of ECR in this account and region, with a tag like v1.2.3']);
    expect(said(notes.unknowns, 'migration')).toEqual(["which family of task definitions migrates? None that no service of this cluster uses has 'migrat' in its name; there is report"]);
  });

  it('names the listener where it is not the one that is taken by default, and says that its default action lets visitors in', () => {
    const { definition, notes } = draft({ balancer: { name: 'shop', others: ['old'], listener: { protocol: 'HTTP', port: 8080, forwardsByDefault: true }, listeners: ['HTTP:8080', 'HTTP:8081'], othersDoors: [] } });

    expect(definition.maintenance.listenerPort).toBe(8080);
    expect(said(notes.unknowns, 'maintenance')[1]).toMatch(/^the default action of HTTP:8080 forwards to a service/);
    expect(said(notes.guesses, 'loadBalancer')).toEqual(['most services are behind it; others are behind old, which maintenance would not close']);
  });

  it('asks whether what leads to services of other clusters may be closed too', () => {
    const { notes } = draft({ balancer: { ...account.balancer!, othersDoors: ['a.test', 'b.test', 'c.test', 'd.test/x/*'] } });

    expect(said(notes.unknowns, 'maintenance')[1]).toBe('a.test, b.test, c.test and 1 more of the same listener lead to no service of this cluster: maintenance closes every rule of a listener. May visitors be kept out there too?');
    expect(said(draft().notes.unknowns, 'maintenance')).toHaveLength(1);
  });

  it('says of a balancer without a listener that nobody comes in by it', () => {
    const { definition, notes } = draft({ balancer: { name: 'shop', others: [], listener: null, listeners: [], othersDoors: [] } });

    expect(definition.maintenance).not.toHaveProperty('listenerPort');
    expect(said(notes.unknowns, 'maintenance')[1]).toBe('shop has no listener: nobody comes in by it, nor can be kept out');
  });

  it('says of a service that somebody else deploys that preflight refuses it, and nothing of containers that it has not', () => {
    const { definition, notes } = draft({ services: [service, { ...service, name: 'beta', family: '', containers: [], unfit: 'it is deployed by EXTERNAL, not by ECS' }] });

    expect(definition.services['beta']).toEqual({ role: 'application', desiredCount: 2 });
    expect(said(notes.unknowns, 'services.beta')).toEqual(['it is deployed by EXTERNAL, not by ECS: preflight refuses it as it is. Change that, or leave the service out here if it may go on while the database changes']);
    expect(said(notes.unknowns, 'services.beta.databases')).toEqual(['which of the instance? it has no task definition of its own; [] if it does not use the instance. Without it, it is taken to write']);
    expect(said(notes.guesses, 'services.beta.release')).toEqual([]);
    expect(renderDefinition({ definition, notes })).toContain('\n    // TODO: it is deployed by EXTERNAL, not by ECS: preflight');
  });

  it('says of a cluster without services that there is none', () => {
    const { definition, notes } = draft({ services: [] });

    expect(definitionProblems(definition)).toEqual(['services: expected at least one service, got none']);
    expect(said(notes.unknowns, 'services')).toEqual(['there is no service in this cluster']);
  });
});

describe('renderDefinition', () => {
  it('writes comments where they belong, and keeps texts within their quotes and comments on their lines', () => {
    const { definition, notes } = draft({ services: [{ ...service, name: "it's", doors: ['a.test/\n*/ process.exit()'] }], cluster: 'a\\b' });
    const source = renderDefinition({ definition, notes });

    expect(source).toContain("\n    'it\\'s': {\n      // to review: nothing in its name says that it is for staff; it is at a.test/ */ process.exit()\n      role: 'application',\n      desiredCount: 2,\n");
    expect(source).toContain("\n  cluster: 'a\\\\b',\n");
    expect(source).toContain("\n        // to review: its image is tagged web-latest, web-v1.0.0 in shop\n        web: { tag: 'web-{version}' },\n");
    expect(source).toContain('\n  // TODO: otherWriters: does anything else write to the database, that ECS does not run in this cluster?\n');
  });
});
