import * as applicationAutoScaling from '@aws-sdk/client-application-auto-scaling';
import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ecr from '@aws-sdk/client-ecr';
import * as ecs from '@aws-sdk/client-ecs';
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2';
import * as iam from '@aws-sdk/client-iam';
import * as rds from '@aws-sdk/client-rds';
import * as sts from '@aws-sdk/client-sts';
import { NormalizedSchema } from '@smithy/core/schema';

/** The services that the wire speaks for; also the prefix of an operation's name in faults and in the request log. */
export type ServiceName = 'ecs' | 'ecr' | 'logs' | 'application-autoscaling' | 'rds' | 'elbv2' | 'sts' | 'iam' | 'cloudwatch' | 's3' | 'cloudfront';

export interface ServiceModel {
  readonly name: ServiceName;
  /** As in IAM actions. */
  readonly iamPrefix: string;
  /** Prefix of `X-Amz-Target`, and service name in paths of RPC v2; undefined for a service that speaks REST. */
  readonly target?: string | undefined;
  /** Version of the Query protocol; undefined for a service that does not speak it. */
  readonly queryVersion?: string | undefined;
  readonly xmlNamespace: string;
  /** Codes of errors stay those of the Query protocol, whatever the protocol (`x-amzn-query-error`). */
  readonly queryCompatible: boolean;
  /** Errors are written as they are, without `<ErrorResponse>` around them: S3. */
  readonly bareErrors: boolean;
  /** What a request without a required member, or with one of the wrong type, is answered. */
  readonly invalid: { readonly code: string; missing(member: string): string };
  operation(name: string): OperationSchema | undefined;
  error(code: string): ErrorSchema | undefined;
}

export interface OperationSchema {
  readonly name: string;
  /** Where REST has it: method, path with its labels and literal query, status of the answer. */
  readonly http?: readonly [method: string, uri: string, status: number] | undefined;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
}

export interface ErrorSchema {
  readonly shapeName: string;
  readonly queryCode: string;
  readonly status: number;
  readonly schema: NormalizedSchema;
}

const operationKind = 9;
const errorKind = -3;

const nullConstraint = (member: string): string => `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`;

const serviceModels: readonly ServiceModel[] = [
  model(ecs, { name: 'ecs', target: 'AmazonEC2ContainerServiceV20141113', invalid: { code: 'InvalidParameterException', missing: (member) => `${member} can not be blank.` } }),
  model(ecr, { name: 'ecr', target: 'AmazonEC2ContainerRegistry_V20150921', invalid: { code: 'InvalidParameterException', missing: (member) => `Invalid parameter at '${member}' failed to satisfy constraint: 'Member must not be null'` } }),
  model(logs, { name: 'logs', target: 'Logs_20140328', invalid: { code: 'InvalidParameterException', missing: nullConstraint } }),
  model(applicationAutoScaling, { name: 'application-autoscaling', target: 'AnyScaleFrontendService', invalid: { code: 'ValidationException', missing: nullConstraint } }),
  model(rds, {
    name: 'rds',
    target: 'AmazonRDSv19',
    queryVersion: '2014-10-31',
    xmlNamespace: 'http://rds.amazonaws.com/doc/2014-10-31/',
    invalid: { code: 'MissingParameter', missing: (member) => `The request must contain the parameter ${member}.` },
  }),
  model(elbv2, {
    name: 'elbv2',
    iamPrefix: 'elasticloadbalancing',
    target: 'ElasticLoadBalancing_v10',
    queryVersion: '2015-12-01',
    xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    invalid: { code: 'ValidationError', missing: nullConstraint },
  }),
  model(sts, {
    name: 'sts',
    target: 'AWSSecurityTokenServiceV20110615',
    queryVersion: '2011-06-15',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    invalid: { code: 'ValidationError', missing: nullConstraint },
  }),
  model(iam, {
    name: 'iam',
    // it speaks the Query protocol alone
    target: 'AWSIdentityManagementV20100508',
    queryVersion: '2010-05-08',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    invalid: { code: 'ValidationError', missing: nullConstraint },
  }),
  model(cloudwatch, {
    name: 'cloudwatch',
    target: 'GraniteServiceVersion20100801',
    queryVersion: '2010-08-01',
    xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
    queryCompatible: true,
    invalid: { code: 'MissingParameter', missing: (member) => `The parameter ${member} is required.` },
  }),
];

export function serviceByTarget(target: string): ServiceModel | undefined {
  return serviceModels.find((service) => service.target === target);
}

export function serviceByQueryVersion(version: string): ServiceModel | undefined {
  return serviceModels.find((service) => service.queryVersion === version);
}

export type ModelSettings = Pick<ServiceModel, 'name' | 'invalid'> & Partial<Pick<ServiceModel, 'iamPrefix' | 'target' | 'queryVersion' | 'xmlNamespace' | 'queryCompatible' | 'bareErrors'>>;

/** What a client package exports as `RunTask$` (an operation) or `ClientException$` (an error) is its service's model. */
export function model(client: object, settings: ModelSettings): ServiceModel {
  const exported = client as Readonly<Record<string, unknown>>;
  const errors = new Map<string, ErrorSchema>();
  for (const value of Object.values(exported)) {
    if (!isStatic(value) || value[0] !== errorKind) continue;
    const error = readError(value);
    for (const code of [error.shapeName, error.queryCode, error.shapeName.replace(/(Exception|Fault)$/, '')]) {
      if (!errors.has(code)) errors.set(code, error);
    }
  }
  return {
    iamPrefix: settings.name,
    xmlNamespace: '',
    queryCompatible: false,
    bareErrors: false,
    ...settings,
    operation: (name) => readOperation(exported[`${name}$`]),
    error: (code) => errors.get(code),
  };
}

/** Every operation of a client package. */
export function operationNames(client: object): string[] {
  return Object.values(client).flatMap((value) => (isStatic(value) && value[0] === operationKind ? [value[2]] : []));
}

type StaticSchema = readonly [kind: number, namespace: string, name: string, traits: unknown, ...rest: unknown[]];

function isStatic(value: unknown): value is StaticSchema {
  return Array.isArray(value) && typeof value[0] === 'number' && typeof value[2] === 'string';
}

function readOperation(value: unknown): OperationSchema | undefined {
  if (!isStatic(value) || value[0] !== operationKind) return undefined;
  return { name: value[2], http: (value[3] as { readonly http?: OperationSchema['http'] }).http, input: normalize(value[4]), output: normalize(value[5]) };
}

function readError(value: StaticSchema): ErrorSchema {
  const schema = normalize(value);
  const traits = schema.getMergedTraits() as { awsQueryError?: [string, number]; error?: string; httpError?: number };
  return {
    shapeName: value[2],
    queryCode: traits.awsQueryError?.[0] ?? value[2],
    status: traits.httpError ?? traits.awsQueryError?.[1] ?? (traits.error === 'server' ? 500 : 400),
    schema,
  };
}

function normalize(ref: unknown): NormalizedSchema {
  return NormalizedSchema.of(ref as Parameters<typeof NormalizedSchema.of>[0]);
}
