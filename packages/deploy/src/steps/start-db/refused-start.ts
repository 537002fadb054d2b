import type { DBInstance } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { Cause, Conflict } from '../../errors.js';

interface Refusal {
  /** Of the error's name on the wire or in the SDK. */
  readonly pattern: RegExp;
  readonly because: (instance: DBInstance) => string;
  readonly remedy: string;
}

/** What RDS answers when it cannot start an instance ("StartDBInstance", Errors). */
const refusals: readonly Refusal[] = [
  {
    pattern: /^InsufficientDBInstanceCapacity/,
    because: ({ DBInstanceClass, AvailabilityZone }) => `AWS has no room for ${DBInstanceClass === undefined ? 'an instance of its class' : `a ${DBInstanceClass}`} in ${AvailabilityZone ?? 'its zone'} now`,
    remedy: 'Call again in some minutes. If it goes on, restore a snapshot as another class or in another zone, or ask AWS support for capacity.',
  },
  {
    pattern: /^KMSKeyNotAccessible/,
    because: ({ KmsKeyId }) => `RDS may not use its KMS key${KmsKeyId === undefined ? '' : ` ${KmsKeyId}`}`,
    remedy: 'See in KMS that the key is enabled, not scheduled for deletion, and that its policy lets RDS use it. Then call again, soon: without its key the data cannot be read ("Encrypting Amazon RDS resources").',
  },
  {
    pattern: /^(InvalidVPCNetworkState|InvalidSubnet|DBSubnetGroup|AuthorizationNotFound)/,
    because: ({ DBSubnetGroup }) => `its network is not as it was: subnet group ${DBSubnetGroup?.DBSubnetGroupName ?? 'unknown'}`,
    remedy: 'Put the subnet group, its subnets and the security groups back as they were when the instance was stopped, then call again.',
  },
];

/** Why RDS does not start the instance, where that is known; else the error as it is. */
export function refusedStart<E extends { readonly kind: string; readonly cause?: Cause | undefined }>(env: Environment, instance: DBInstance, error: E): E | Conflict {
  const { cause } = error;
  const refusal = refusals.find(({ pattern }) => cause !== undefined && pattern.test(cause.name));
  if (refusal === undefined) return error;
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} was not started: ${refusal.because(instance)}. It stays stopped`,
    remedy: refusal.remedy,
    cause,
  };
}

export function notStartable(env: Environment, status: string): Conflict {
  return {
    kind: 'Conflict',
    reason: 'resource-busy',
    message: `database instance ${env.definition.database} is ${status}: that does not pass by itself, and only a stopped instance can be started`,
    remedy: `"Viewing Amazon RDS DB instance status" says what ${status} means and what ends it. Then call again.`,
  };
}
