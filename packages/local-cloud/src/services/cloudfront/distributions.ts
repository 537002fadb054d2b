import type { CacheBehavior, DefaultCacheBehavior, Distribution, DistributionConfig, DistributionSummary, GetDistributionConfigResult, GetDistributionRequest, GetDistributionResult, ListDistributionsRequest, ListDistributionsResult, UpdateDistributionRequest, UpdateDistributionResult } from '@aws-sdk/client-cloudfront';
import { ServiceFault } from '../../context.js';
import { page } from '../paging.js';
import { type CloudFrontContext, type CloudFrontState, type DistributionState, findDistribution, newestVersion, newVersion, statusOf } from './state.js';

export function getDistribution(context: CloudFrontContext, state: CloudFrontState, { Id }: GetDistributionRequest): GetDistributionResult {
  const found = findDistribution(state, Id);
  return { ETag: newestVersion(found).eTag, Distribution: describe(context, found) };
}

export function getDistributionConfig(state: CloudFrontState, { Id }: GetDistributionRequest): GetDistributionConfigResult {
  const { eTag, config } = newestVersion(findDistribution(state, Id));
  return { ETag: eTag, DistributionConfig: config };
}

/** The whole configuration is replaced, if it is still the one whose tag was read. */
export function updateDistribution(context: CloudFrontContext, state: CloudFrontState, { Id, IfMatch, DistributionConfig }: UpdateDistributionRequest): UpdateDistributionResult {
  const found = findDistribution(state, Id);
  const { eTag, config } = newestVersion(found);
  if (IfMatch === undefined) throw new ServiceFault('InvalidIfMatchVersion', 'The If-Match version is missing or not valid for the resource.');
  if (IfMatch !== eTag) throw new ServiceFault('PreconditionFailed', "The request failed because it didn't meet the preconditions in one or more request-header fields.", 412);
  if (DistributionConfig === undefined) throw new ServiceFault('InvalidArgument', 'The request has no DistributionConfig.');
  if (DistributionConfig.CallerReference !== config.CallerReference) throw new ServiceFault('IllegalUpdate', 'The update contains modifications that are not allowed.');
  for (const behavior of behaviorsOf(DistributionConfig)) checkAssociations(state, behavior);
  found.versions = [...found.versions.slice(-9), newVersion(context, DistributionConfig)];
  return { ETag: newestVersion(found).eTag, Distribution: describe(context, found) };
}

export function listDistributions(context: CloudFrontContext, state: CloudFrontState, { Marker, MaxItems }: ListDistributionsRequest): ListDistributionsResult {
  const size = Math.min(Number(MaxItems ?? 100), 100);
  const { items, next } = page([...state.distributions.values()], { size, token: Marker === '' ? undefined : Marker, invalid: () => new ServiceFault('InvalidArgument', 'The marker is not valid.') });
  const Items = items.map((distribution) => summary(context, distribution));
  return { DistributionList: { Marker: Marker ?? '', NextMarker: next, MaxItems: size, IsTruncated: next !== undefined, Quantity: Items.length, Items } };
}

function describe(context: CloudFrontContext, distribution: DistributionState): Distribution {
  const { config, modifiedAt } = newestVersion(distribution);
  return {
    Id: distribution.id,
    ARN: arnOf(context, distribution),
    Status: statusOf(context, distribution),
    LastModifiedTime: new Date(modifiedAt),
    InProgressInvalidationBatches: 0,
    DomainName: distribution.domainName,
    ActiveTrustedSigners: { Enabled: false, Quantity: 0 },
    ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
    DistributionConfig: config,
  };
}

function summary(context: CloudFrontContext, distribution: DistributionState): DistributionSummary {
  const { config, eTag, modifiedAt } = newestVersion(distribution);
  return {
    Id: distribution.id,
    ARN: arnOf(context, distribution),
    ETag: eTag,
    Status: statusOf(context, distribution),
    LastModifiedTime: new Date(modifiedAt),
    DomainName: distribution.domainName,
    Aliases: config.Aliases ?? { Quantity: 0 },
    Origins: config.Origins,
    DefaultCacheBehavior: config.DefaultCacheBehavior,
    CacheBehaviors: config.CacheBehaviors ?? { Quantity: 0 },
    CustomErrorResponses: config.CustomErrorResponses ?? { Quantity: 0 },
    Comment: config.Comment,
    PriceClass: config.PriceClass ?? 'PriceClass_All',
    Enabled: config.Enabled,
    ViewerCertificate: config.ViewerCertificate ?? { CloudFrontDefaultCertificate: true },
    Restrictions: config.Restrictions ?? { GeoRestriction: { RestrictionType: 'none', Quantity: 0 } },
    WebACLId: config.WebACLId ?? '',
    HttpVersion: config.HttpVersion ?? 'http2',
    IsIPV6Enabled: config.IsIPV6Enabled ?? true,
    Staging: config.Staging ?? false,
  };
}

function arnOf({ accountId }: CloudFrontContext, { id }: DistributionState): string {
  return `arn:aws:cloudfront::${accountId}:distribution/${id}`;
}

export function behaviorsOf({ DefaultCacheBehavior, CacheBehaviors }: DistributionConfig): readonly (DefaultCacheBehavior | CacheBehavior)[] {
  return [...(CacheBehaviors?.Items ?? []), ...(DefaultCacheBehavior === undefined ? [] : [DefaultCacheBehavior])];
}

/** "Restrictions on edge functions": one function an event, published, and never beside Lambda@Edge in the viewer's events. */
function checkAssociations(state: CloudFrontState, { FunctionAssociations, LambdaFunctionAssociations }: DefaultCacheBehavior): void {
  for (const list of [FunctionAssociations, LambdaFunctionAssociations]) {
    if ((list?.Quantity ?? 0) !== (list?.Items?.length ?? 0)) throw new ServiceFault('InconsistentQuantities', 'The value of Quantity and the size of Items don\'t match.');
  }
  const functions = FunctionAssociations?.Items ?? [];
  const events = functions.map(({ EventType }) => EventType);
  if (new Set(events).size < events.length) throw new ServiceFault('InvalidFunctionAssociation', 'The request contains more than one CloudFront function association for the same event type.');
  const unknown = functions.find(({ FunctionARN }) => ![...state.functions.values()].some(({ arn, live }) => live && arn === FunctionARN));
  if (unknown !== undefined) throw new ServiceFault('InvalidFunctionAssociation', `The function ${unknown.FunctionARN ?? ''} does not exist or is not published to the LIVE stage.`);
  const beside = LambdaFunctionAssociations?.Items?.some(({ EventType = '' }) => EventType.startsWith('viewer-')) === true;
  if (functions.length > 0 && beside) throw new ServiceFault('InvalidFunctionAssociation', 'A cache behavior cannot have both a CloudFront function and a Lambda@Edge function for viewer events.');
}
