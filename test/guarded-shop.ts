import type { EnvironmentDefinition } from '@graasp/deploy';
import type { Blueprint, ImageDeclaration, LocalCloud } from '@graasp/local-cloud';
import { withDatabaseAtWork } from '../examples/environments/database-at-work.js';
import type { AccessRequest } from '../packages/local-cloud/src/iam/policy.js';
import { requiredAccess } from '../packages/local-cloud/src/iam/required-access.js';
import { gatedWithAssets, withAssets } from './assets.js';
import { nextVersion, shop, shopBlueprint, shopImages } from './shop.js';

export const fittingVersion = 'v1.1.0';
const published = 'public.ecr.aws/shopkeepers/shop';
export const role = 'arn:aws:iam::123456789012:role/deployment/release';
const executionRole = 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole';
export const monitoringRole = 'arn:aws:iam::123456789012:role/monitoring';
export const lockBucket = 'shop-states';
export const runBucket = 'shop-runs';

/** A shop whose versions are published elsewhere. */
export const definition: EnvironmentDefinition = { ...shop, images: { ...shop.images!, source: { registry: 'public.ecr.aws', repository: 'shopkeepers/shop' } } };
export const kept: EnvironmentDefinition = { ...definition, heartbeat: true, infrastructureLock: { bucket: lockBucket, key: 'shop.tfstate' } };
/** Its gate has distributions, and its database is asked by a task. */
export const gated: EnvironmentDefinition = gatedWithAssets({ ...definition, sqlTask: { taskDefinitionFamily: 'ask', networkOf: 'web', command: ['node', 'sql.mjs'] } });
/** With all that a definition may declare. */
export const whole: EnvironmentDefinition = { ...kept, ...gated };

/** Its services log. */
const [migrate] = shopBlueprint.tasks;
export const blueprint: Blueprint = withAssets({
  ...shopBlueprint,
  services: shopBlueprint.services.map((service) => ({ ...service, taskDefinition: { ...service.taskDefinition, containers: service.taskDefinition.containers.map((container) => ({ ...container, logGroup: `/ecs/${service.name}` })) } })),
  tasks: [migrate!, { ...migrate!, family: 'ask', containers: migrate!.containers.map((container) => ({ ...container, name: 'ask', logGroup: '/ecs/ask' })) }],
  buckets: [runBucket, lockBucket],
});
export const images: readonly ImageDeclaration[] = withDatabaseAtWork(
  [
    ...shopImages.filter(({ reference }) => !reference.includes(nextVersion)),
    ...shopImages.filter(({ reference }) => reference.includes(nextVersion)).map(({ reference, model }) => ({ reference: reference.replace('shop:', `${published}:`), model: model?.kind === 'migration' ? { ...model, seconds: 1 } : model })),
    { reference: `${published}:web-${fittingVersion}`, model: { kind: 'server', version: fittingVersion, fitsSchemas: ['one'] } },
    { reference: `${published}:jobs-${fittingVersion}`, model: { kind: 'server', version: fittingVersion, fitsSchemas: ['one'] } },
    { reference: `${published}:migrate-${fittingVersion}`, model: { kind: 'migration', from: 'another', to: 'two', seconds: 5 } },
  ],
  { database: 'shop', table: 'things', seconds: 0 },
);

/** What AWS asks for at a call, as the local cloud knows it. */
export function accessOf({ operation, input, error }: LocalCloud['requests'][number]): readonly AccessRequest[] {
  const [name = '', operationName = ''] = operation.split(':');
  // what preflight asks IAM where it may is not needed, and a registry's login is GetAuthorizationToken's matter
  if (name === 'iam' || name === 'ecr-public' || operationName === 'Login') return [];
  const service = { name: name as 'ecs', iamPrefix: name === 'elbv2' ? 'elasticloadbalancing' : name };
  return requiredAccess({ service, operationName, accountId: '123456789012', region: shop.region, input }, { taskRoles: () => [executionRole], roleArn: () => role, hasObject: () => error !== 'NoSuchKey', tagsOf: () => ({}) });
}
