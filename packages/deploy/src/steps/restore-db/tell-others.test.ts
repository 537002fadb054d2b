import { describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import type { RestoreTarget } from './restore-target.js';
import type { SetAside } from './set-aside.js';
import { bringOverCommands, infrastructureHints } from './tell-others.js';

const target = { present: { endpoint: 'new.test', masterUsername: 'keeper' }, configuration: {} } as unknown as RestoreTarget;
const aside: SetAside = { identifier: 'dev-before-1', resourceId: 'db-1', endpoint: 'old.test', securityGroupsTaken: [], securityGroups: [] };

const linesFor = (database: string) => bringOverCommands(testEnvironment(), [{ database, usedBy: ['admin'], goesBackTo: '' }], target, aside).slice(-2);

describe('bringOverCommands', () => {
  it('leaves ordinary names as they are', () => {
    expect(linesFor('umami_2')).toEqual([
      'pg_dump --format=custom --host=old.test --port=5432 --username=keeper --file=umami_2.dump umami_2',
      'pg_restore --create --clean --if-exists --exit-on-error --host=new.test --port=5432 --username=keeper --dbname=postgres umami_2.dump',
    ]);
  });

  it('quotes names that a shell would take apart, or for something else', () => {
    expect(linesFor("the shop's; rm $HOME")).toEqual([
      "pg_dump --format=custom --host=old.test --port=5432 --username=keeper --file='the shop'\\''s; rm $HOME.dump' 'the shop'\\''s; rm $HOME'",
      "pg_restore --create --clean --if-exists --exit-on-error --host=new.test --port=5432 --username=keeper --dbname=postgres 'the shop'\\''s; rm $HOME.dump'",
    ]);
  });
});

describe('infrastructureHints', () => {
  it('tells what the infrastructure’s code must be told, as lines of which a shell runs two', () => {
    expect(infrastructureHints(testEnvironment(), { ...target, present: { ...target.present, resourceId: 'db-1' } }, aside)).toEqual([
      "# graasp-dev is another instance now; Terraform and OpenTofu know the one before by its resource id (db-1), and would rename or change that. Before the next apply, with ADDRESS the resource's address (aws_db_instance.…):",
      'terraform state rm ADDRESS',
      'terraform import ADDRESS graasp-dev',
      '# CloudFormation: take the instance out of its stack with DeletionPolicy: Retain, then import graasp-dev ("Import AWS resources into a CloudFormation stack").',
      '# dev-before-1 is in no state: it costs until it is deleted, once nobody needs what it holds.',
    ]);
  });
});

describe('databases that are brought over', () => {
  it('are those that no released service uses, after a machine in the VPC was let in; with a migration none that nobody declares', () => {
    const databases = [
      { database: 'shop', usedBy: ['graasp', 'admin'], goesBackTo: '' },
      { database: 'umami', usedBy: ['admin'], goesBackTo: '' },
      { database: 'graasp', usedBy: [], goesBackTo: '' },
    ];
    const commands = bringOverCommands(testEnvironment(), databases, target, aside);
    expect(commands.slice(0, 2)).toEqual([
      "# From a machine in the VPC, with PostgreSQL's client programs of the server's version or later, while nothing uses these databases; both lines of one can be run again. First let that machine in:",
      'aws rds modify-db-instance --region eu-central-1 --db-instance-identifier dev-before-1 --apply-immediately --vpc-security-group-ids GROUP-OF-THAT-MACHINE',
    ]);
    expect(commands.slice(2).map((line) => line.split(' ').at(-1))).toEqual(['umami', 'umami.dump']);
    const { migration: _, ...without } = definition;
    expect(bringOverCommands(testEnvironment({ definition: without }), databases, target, aside).slice(2).map((line) => line.split(' ').at(-1))).toEqual(['umami', 'umami.dump', 'graasp', 'graasp.dump']);
    expect(bringOverCommands(testEnvironment(), [databases[0]!, databases[2]!], target, aside)).toEqual([]);
  });
});
