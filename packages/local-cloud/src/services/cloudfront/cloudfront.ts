import type { DescribeFunctionRequest, DistributionConfig, GetDistributionRequest, ListDistributionsRequest, ListFunctionsRequest, TestFunctionRequest, UpdateDistributionRequest } from '@aws-sdk/client-cloudfront';
import type { CacheBehaviorBlueprint, DistributionBlueprint, MaintenanceFunctionBlueprint } from '../../blueprint.js';
import { randomText } from '../../chance.js';
import type { Operations } from '../../context.js';
import type { InspectedDistribution } from '../../inspection.js';
import { getDistribution, getDistributionConfig, listDistributions, updateDistribution } from './distributions.js';
import { createEdges, type Edges } from './edge.js';
import { describeFunction, listFunctions, testFunction } from './functions.js';
import { type CloudFrontContext, type CloudFrontState, newestVersion, newVersion, statusOf } from './state.js';

export interface CloudFront {
  readonly operations: Operations;
  readonly edges: Edges;
  addFunction(blueprint: MaintenanceFunctionBlueprint): void;
  addDistribution(blueprint: DistributionBlueprint): void;
  inspect(): readonly InspectedDistribution[];
}

/** CloudFront: one for the account, whatever region its requests are signed for. */
export function createCloudFront(context: CloudFrontContext): CloudFront {
  const state: CloudFrontState = { distributions: new Map(), functions: new Map() };
  const arnOf = (name: string) => `arn:aws:cloudfront::${context.accountId}:function/${name}`;
  return {
    operations: {
      GetDistribution: (input: GetDistributionRequest) => getDistribution(context, state, input),
      GetDistributionConfig: (input: GetDistributionRequest) => getDistributionConfig(state, input),
      UpdateDistribution: (input: UpdateDistributionRequest) => updateDistribution(context, state, input),
      ListDistributions: (input: ListDistributionsRequest) => listDistributions(context, state, input),
      DescribeFunction: (input: DescribeFunctionRequest) => describeFunction(context, state, input),
      ListFunctions: (input: ListFunctionsRequest) => listFunctions(context, state, input),
      TestFunction: (input: TestFunctionRequest) => testFunction(context, state, input),
    },
    edges: createEdges(context, state),
    addFunction: ({ name, live = true, redirects }) => void state.functions.set(name, { name, arn: arnOf(name), eTag: `ETVP${randomText(context.clock, 10, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}`, live, does: redirects }),
    addDistribution(blueprint) {
      const config = configOf(blueprint, arnOf);
      state.distributions.set(blueprint.id, { id: blueprint.id, domainName: `${blueprint.id.toLowerCase()}.cloudfront.net`, answers: blueprint.answers ?? {}, versions: [newVersion(context, config)] });
    },
    inspect: () => [...state.distributions.values()].map((found) => ({ id: found.id, status: statusOf(context, found), config: newestVersion(found).config })),
  };
}

function configOf({ id, aliases, behaviors = [], functions = {}, enabled = true }: DistributionBlueprint, arnOf: (name: string) => string): DistributionConfig {
  return {
    CallerReference: `blueprint-${id}`,
    Aliases: { Quantity: aliases.length, Items: [...aliases] },
    DefaultRootObject: 'index.html',
    Origins: { Quantity: 1, Items: [{ Id: 'bucket', DomainName: `${id.toLowerCase()}.s3.eu-central-1.amazonaws.com`, OriginPath: '', CustomHeaders: { Quantity: 0 }, S3OriginConfig: { OriginAccessIdentity: '' }, ConnectionAttempts: 3, ConnectionTimeout: 10, OriginAccessControlId: 'E0000000000000' }] },
    OriginGroups: { Quantity: 0 },
    DefaultCacheBehavior: behaviorOf({ functions }, arnOf),
    CacheBehaviors: behaviors.length === 0 ? { Quantity: 0 } : { Quantity: behaviors.length, Items: behaviors.map((behavior) => ({ PathPattern: behavior.pathPattern, ...behaviorOf(behavior, arnOf) })) },
    CustomErrorResponses: { Quantity: 0 },
    Comment: '',
    Logging: { Enabled: false, IncludeCookies: false, Bucket: '', Prefix: '' },
    PriceClass: 'PriceClass_100',
    Enabled: enabled,
    ViewerCertificate: { CloudFrontDefaultCertificate: false, ACMCertificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/local', SSLSupportMethod: 'sni-only', MinimumProtocolVersion: 'TLSv1.2_2021' },
    Restrictions: { GeoRestriction: { RestrictionType: 'none', Quantity: 0 } },
    WebACLId: '',
    HttpVersion: 'http2and3',
    IsIPV6Enabled: true,
  };
}

function behaviorOf({ functions = {}, lambdas = {} }: Pick<CacheBehaviorBlueprint, 'functions' | 'lambdas'>, arnOf: (name: string) => string) {
  const associated = Object.entries(functions).map(([EventType, name]) => ({ EventType: EventType as 'viewer-request', FunctionARN: arnOf(name) }));
  const atEdge = Object.entries(lambdas).map(([EventType, LambdaFunctionARN]) => ({ EventType: EventType as 'viewer-request', LambdaFunctionARN, IncludeBody: false }));
  return {
    TargetOriginId: 'bucket',
    TrustedSigners: { Enabled: false, Quantity: 0 },
    TrustedKeyGroups: { Enabled: false, Quantity: 0 },
    ViewerProtocolPolicy: 'redirect-to-https' as const,
    AllowedMethods: { Quantity: 2, Items: ['HEAD' as const, 'GET' as const], CachedMethods: { Quantity: 2, Items: ['HEAD' as const, 'GET' as const] } },
    SmoothStreaming: false,
    Compress: true,
    LambdaFunctionAssociations: atEdge.length === 0 ? { Quantity: 0 } : { Quantity: atEdge.length, Items: atEdge },
    FunctionAssociations: associated.length === 0 ? { Quantity: 0 } : { Quantity: associated.length, Items: associated },
    FieldLevelEncryptionId: '',
    CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
  };
}
