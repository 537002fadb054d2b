import type { DistributionConfig } from '@aws-sdk/client-cloudfront';
import { err, errAsync, ok, okAsync, type ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import type { AwsError, AwsWriteError } from '../errors.js';
import { read, write } from './call.js';
import { notFound } from './map-error.js';

export type { CacheBehavior, DefaultCacheBehavior, DistributionConfig } from '@aws-sdk/client-cloudfront';

const cloudfront = (env: Environment) => env[internals].clients.cloudfront();

export interface FoundDistribution {
  readonly id: string;
  /** Version of the configuration: what an update has to name. */
  readonly eTag: string;
  /** `Deployed` once every edge location has it. */
  readonly status: string;
  /** `….cloudfront.net` */
  readonly domainName: string;
  readonly config: DistributionConfig;
}

export function getDistribution(env: Environment, id: string): ResultAsync<FoundDistribution, AwsError> {
  const resource = { kind: 'distribution', name: id };
  return read(env, { action: 'cloudfront:GetDistribution', resource }, async () => {
    const { sdk, client } = await cloudfront(env);
    return client.send(new sdk.GetDistributionCommand({ Id: id }));
  }).andThen(({ Distribution, ETag }) => {
    if (Distribution?.DistributionConfig === undefined || ETag === undefined) return err(notFound(env, resource));
    return ok({ id, eTag: ETag, status: Distribution.Status ?? '', domainName: Distribution.DomainName ?? '', config: Distribution.DistributionConfig });
  });
}

/** Replaces the whole configuration, if it is still the version that was read; null when it is not ("UpdateDistribution"). */
export function updateDistribution(env: Environment, { id, eTag, config }: Pick<FoundDistribution, 'id' | 'eTag' | 'config'>): ResultAsync<{ readonly eTag: string } | null, AwsWriteError> {
  return write(env, { action: 'cloudfront:UpdateDistribution', resource: { kind: 'distribution', name: id } }, async () => {
    const { sdk, client } = await cloudfront(env);
    return client.send(new sdk.UpdateDistributionCommand({ Id: id, IfMatch: eTag, DistributionConfig: config }));
  })
    .map(({ ETag = '' }): { readonly eTag: string } | null => ({ eTag: ETag }))
    .orElse((error) => (error.kind === 'Unexpected' && (error.code === 'PreconditionFailed' || error.code === 'InvalidIfMatchVersion') ? okAsync(null) : errAsync(error)));
}

export interface FoundFunction {
  readonly arn: string;
  readonly eTag: string;
}

/** The function that was published: what distributions run. */
export function describeLiveFunction(env: Environment, name: string): ResultAsync<FoundFunction, AwsError> {
  const resource = { kind: 'published CloudFront function', name };
  return read(env, { action: 'cloudfront:DescribeFunction', resource }, async () => {
    const { sdk, client } = await cloudfront(env);
    return client.send(new sdk.DescribeFunctionCommand({ Name: name, Stage: 'LIVE' }));
  }).andThen(({ FunctionSummary, ETag }) => {
    const arn = FunctionSummary?.FunctionMetadata?.FunctionARN;
    return arn === undefined || ETag === undefined ? err(notFound(env, resource)) : ok({ arn, eTag: ETag });
  });
}

/** What the published function makes of an event, as it returns it; what it failed by when it does not ("TestFunction"). Changes nothing. */
export function testLiveFunction(env: Environment, name: string, eTag: string, event: object): ResultAsync<{ readonly output: string; readonly error: string }, AwsError> {
  return read(env, { action: 'cloudfront:TestFunction', resource: { kind: 'published CloudFront function', name } }, async () => {
    const { sdk, client } = await cloudfront(env);
    return client.send(new sdk.TestFunctionCommand({ Name: name, Stage: 'LIVE', IfMatch: eTag, EventObject: new TextEncoder().encode(JSON.stringify(event)) }));
  }).map(({ TestResult }) => ({ output: TestResult?.FunctionOutput ?? '', error: TestResult?.FunctionErrorMessage ?? '' }));
}
