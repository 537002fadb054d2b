import type { ResultAsync } from 'neverthrow';
import { describeServices, describeTaskDefinition, type Service, type TaggedTaskDefinition } from '../../aws/ecs.js';
import { describeDbInstance, type DBInstance } from '../../aws/rds.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError } from '../../errors.js';
import { type ImageInUse, imagesInUse } from '../version-in-use.js';

/** What several groups of checks look at, asked of AWS once. */
export interface Reads {
  /** Every declared service. */
  services(): ResultAsync<readonly Service[], AwsError>;
  /** By ARN, `family:revision` or family. */
  taskDefinition(name: string): ResultAsync<TaggedTaskDefinition, AwsError>;
  /** What the released containers of a service run. */
  imagesInUse(service: Service): ResultAsync<readonly ImageInUse[], AwsError>;
  instance(): ResultAsync<DBInstance, AwsError>;
}

export function readOnce(env: Environment): Reads {
  const asked = new Map<string, ResultAsync<unknown, AwsError>>();
  const once = <T>(what: string, ask: () => ResultAsync<T, AwsError>) => {
    if (!asked.has(what)) asked.set(what, ask());
    return asked.get(what) as ResultAsync<T, AwsError>;
  };
  const taskDefinition = (name: string) => once(`task definition ${name}`, () => describeTaskDefinition(env, name));
  return {
    services: () => once('services', () => describeServices(env, Object.keys(env.definition.services))),
    taskDefinition,
    imagesInUse: (service) => once(`images of ${service.serviceName}`, () => taskDefinition(service.taskDefinition!).andThen((definition) => imagesInUse(env, service, definition))),
    instance: () => once('instance', () => describeDbInstance(env, env.definition.database)),
  };
}
