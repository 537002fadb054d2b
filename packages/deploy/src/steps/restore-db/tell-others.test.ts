import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import type { RestoreTarget } from './restore-target.js';
import type { SetAside } from './set-aside.js';
import { bringOverCommands } from './tell-others.js';

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
