import { describe, expect, it } from 'vitest';
import { connectionsOf, databaseSecretsOf } from './connections-of.js';

const instances = [{ DBInstanceIdentifier: 'shop', Endpoint: { Address: 'shop.abc.eu-central-1.rds.amazonaws.com' } }, { DBInstanceIdentifier: 'stopped' }];
const address = instances[0]!.Endpoint!.Address;

describe('connectionsOf', () => {
  it.each([
    ['a URL', [{ name: 'DATABASE_URL', value: `postgresql://me:s3cret@${address}:5432/shop?ssl=1` }], 'shop'],
    ['a URL without a port', [{ name: 'DATABASE_URL', value: `postgresql://me:s3cret@${address}/shop` }], 'shop'],
    ['an address and a name', [{ name: 'DATABASE_URL', value: address }, { name: 'DB_NAME', value: 'shop' }], 'shop'],
    ['an address alone', [{ name: 'DATABASE_URL', value: `${address}:5432` }], undefined],
    ['an address and a name that is none', [{ name: 'DATABASE_URL', value: address }, { name: 'DB_NAME', value: 's3cret!' }], undefined],
  ])('finds the database in %s', (_, environment, database) => {
    const found = connectionsOf({ environment }, instances);

    expect(found).toEqual([{ instance: 'shop', database, by: 'DATABASE_URL' }]);
    expect(JSON.stringify(found)).not.toContain('s3cret');
  });

  it('does not take an instance for another whose name ends as its own', () => {
    const two = [...instances, { DBInstanceIdentifier: 'web-shop', Endpoint: { Address: `web-${address}` } }];
    const container = { environment: [{ name: 'URL', value: `postgresql://me@web-${address}/web` }], secrets: [{ name: 'DB', valueFrom: 'arn:aws:secretsmanager:eu-central-1:1:secret:web-shop-AbC123' }] };

    expect(connectionsOf(container, two).map(({ instance, by }) => [instance, by])).toEqual([['web-shop', 'URL'], ['web-shop', 'DB']]);
  });

  it('finds an instance by the ARN of a secret, and nothing by other values', () => {
    expect(connectionsOf({ secrets: [{ name: 'DB', valueFrom: 'arn:aws:secretsmanager:eu-central-1:1:secret:shop/database' }], environment: [{ name: 'HOST', value: 'shop.test' }] }, instances)).toEqual([{ instance: 'shop', database: undefined, by: 'DB' }]);
  });
});

describe('databaseSecretsOf', () => {
  it('knows secrets of databases by their names', () => {
    const secrets = ['DB_PASSWORD', 'PGPASSWORD', 'APP_DATABASE_URL', 'MAILBOX', 'ADDRESS'].map((name) => ({ name, valueFrom: '' }));

    expect(databaseSecretsOf({ secrets })).toEqual(['DB_PASSWORD', 'PGPASSWORD', 'APP_DATABASE_URL']);
  });
});
