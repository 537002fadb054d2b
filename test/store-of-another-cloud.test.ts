import { deployWithMigration, memoryRunStore } from '@graasp/deploy';
import { expect, it } from 'vitest';
import { nextVersion, startShop } from './shop.js';

it('refuses a run store of an earlier cloud, whose virtual clock gave a run the same identifier', async () => {
  const store = memoryRunStore();
  const release = async () => deployWithMigration((await startShop({ store })).env, { version: nextVersion });
  const first = (await release())._unsafeUnwrap();

  const error = (await release())._unsafeUnwrapErr();

  expect(first.version).toBe(nextVersion);
  expect(error).toMatchObject({
    kind: 'InvalidInput',
    message: expect.stringMatching(/^runStore: expected one of this environment's own, but .* has a run 20261123-\S+ already: of an environment whose clock began as this one's\. Nothing was changed\.$/) as string,
    remedy: 'Begin with an empty store: what this one keeps is of a local cloud that is gone.',
    situation: { left: 'untouched' },
  });
});
