import { describe, expect, it } from 'vitest';
import { startLocalCloud } from './start-local-cloud.js';
import { smallBlueprint as blueprint } from './test-cloud.js';

describe('startLocalCloud', () => {
  it.each([undefined, null, 5, {}])('refuses %j, in which there is no blueprint', async (options) => {
    await expect(startLocalCloud(options as never)).rejects.toThrow('startLocalCloud: expected { blueprint }, which says what exists in the account, got none.');
  });

  it('tells every problem of a blueprint that is none', async () => {
    const [web] = blueprint.services;
    const malformed = { ...blueprint, region: undefined, targetGroups: {}, database: { ...blueprint.database, databases: 'shop' }, services: [{ ...web!, desiredCount: '2' }, null] };
    await expect(startLocalCloud({ blueprint: malformed as never })).rejects.toThrow(
      'startLocalCloud: blueprint.region: expected a text, got nothing; blueprint.targetGroups: expected a list, got object; blueprint.database.databases: expected a list, got text; ' +
        'blueprint.services[0].desiredCount: expected a number, got text; blueprint.services[1].name: expected a text, got nothing; blueprint.services[1].desiredCount: expected a number, got nothing; ',
    );
    await expect(startLocalCloud({ blueprint: {} as never })).rejects.toThrow(/^startLocalCloud: blueprint\.region: expected a text, got nothing; .*; blueprint\.repositories: expected a list, got nothing\.$/);
  });

  it('tells of a database that no container will find, also where models would not ask for it', async () => {
    const mistyped = { ...blueprint, database: { ...blueprint.database, identifier: 'barley', databases: ['barley', 'rye'] } };
    const container = { name: 'web', image: 'shop:web', environment: { PORT: '1', DATABASE_URL: '{database:shop}', OTHER: '{database:rye}' } };
    const [web] = blueprint.services;
    await expect(startLocalCloud({ blueprint: { ...mistyped, services: [{ ...web!, taskDefinition: { ...web!.taskDefinition, containers: [container] } }], tasks: [] } })).rejects.toThrow(
      'startLocalCloud: blueprint.services[0].taskDefinition.containers[0].environment.DATABASE_URL: database shop of {database:shop} is not on barley; there are: barley, rye.',
    );
  });

  it('tells of a target group that the blueprint does not have', async () => {
    const [web, jobs] = blueprint.services;
    await expect(startLocalCloud({ blueprint: { ...blueprint, services: [{ ...web!, targetGroup: { ...web!.targetGroup!, name: 'wbe' } }, jobs!] } })).rejects.toThrow(/wbe/);
  });

  it('refuses an option that it does not know', async () => {
    await expect(startLocalCloud({ blueprint, imges: [] } as never)).rejects.toThrow(/^startLocalCloud: unknown option imges; known are blueprint, images, /);
  });

  it('refuses a fault that there is not before it starts anything', async () => {
    await expect(startLocalCloud({ blueprint, faults: [{ kind: 'explode' } as never] })).rejects.toThrow("got 'explode'.");
  });
});
