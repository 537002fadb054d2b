import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { notStartable, refusedStart } from './refused-start.js';

const error = (name: string) => ({ kind: 'Unexpected', cause: { name, message: 'no' } });
const network = 'Put the subnet group, its subnets and the security groups back as they were when the instance was stopped, then call again.';
const capacity = 'Call again in some minutes. If it goes on, restore a snapshot as another class or in another zone, or ask AWS support for capacity.';
const key = 'See in KMS that the key is enabled, not scheduled for deletion, and that its policy lets RDS use it. Then call again, soon: without its key the data cannot be read ("Encrypting Amazon RDS resources").';

describe('refusedStart', () => {
  it.each([
    ['InsufficientDBInstanceCapacityFault', { DBInstanceClass: 'db.m6g.large', AvailabilityZone: 'eu-central-1b' }, 'AWS has no room for a db.m6g.large in eu-central-1b now', capacity],
    ['InsufficientDBInstanceCapacity', {}, 'AWS has no room for an instance of its class in its zone now', capacity],
    ['KMSKeyNotAccessibleFault', { KmsKeyId: 'arn:key/1' }, 'RDS may not use its KMS key arn:key/1', key],
    ['KMSKeyNotAccessibleFault', {}, 'RDS may not use its KMS key', key],
    ['InvalidVPCNetworkStateFault', { DBSubnetGroup: { DBSubnetGroupName: 'private' } }, 'its network is not as it was: subnet group private', network],
    ['InvalidSubnet', {}, 'its network is not as it was: subnet group unknown', network],
    ['DBSubnetGroupNotFoundFault', {}, 'its network is not as it was: subnet group unknown', network],
    ['AuthorizationNotFoundFault', {}, 'its network is not as it was: subnet group unknown', network],
  ])('says of %s, for an instance with %j, why and what to do', (name, instance, because, remedy) => {
    expect(refusedStart(testEnvironment(), instance, error(name))).toEqual({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: `database instance graasp-dev was not started: ${because}. It stays stopped`,
      remedy,
      cause: { name, message: 'no' },
    });
  });

  it('leaves any other error as it is', () => {
    for (const other of [error('ThrottlingException'), error('NoInsufficientDBInstanceCapacity'), error('AKMSKeyNotAccessible'), error('NotInvalidSubnet'), { kind: 'Unexpected' }]) {
      expect(refusedStart(testEnvironment(), {}, other)).toBe(other);
    }
  });
});

describe('notStartable', () => {
  it('says where AWS tells what ends it', () => {
    expect(notStartable(testEnvironment(), 'storage-full')).toEqual({
      kind: 'Conflict',
      reason: 'resource-busy',
      message: 'database instance graasp-dev is storage-full: that does not pass by itself, and only a stopped instance can be started',
      remedy: '"Viewing Amazon RDS DB instance status" says what storage-full means and what ends it. Then call again.',
    });
  });
});
