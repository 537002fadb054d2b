import type { CacheBehavior, DefaultCacheBehavior, DistributionConfig } from '@aws-sdk/client-cloudfront';
import type { FrontRequest, FrontResponse } from '../../hosts/host.js';
import { hostWithoutPort, matchesWildcards } from '../elbv2/evaluate-rules.js';
import { answerOfFunction } from './functions.js';
import { anyEdge, type CloudFrontContext, type CloudFrontState, type DistributionState, newestVersion, servedConfig } from './state.js';

/** The edges of the account's distributions, as viewers meet them. */
export interface Edges {
  serves(host: string): boolean;
  /** Answers as one of the edges does by now: those that a change has not reached yet answer as before. */
  answer(request: FrontRequest): FrontResponse;
}

export function createEdges(context: CloudFrontContext, state: CloudFrontState): Edges {
  const find = (host: string) => [...state.distributions.values()].find((distribution) => hostsOf(distribution).some((known) => matchesWildcards(hostWithoutPort(host), known, 'i')));
  return {
    serves: (host) => find(host) !== undefined,
    answer(request) {
      const distribution = find(request.host);
      if (distribution === undefined) return response(403, 'The request could not be satisfied.');
      const config = servedConfig(context, distribution, anyEdge(context));
      if (config.Enabled !== true) return response(403, 'The distribution is disabled.');
      return functionAnswer(state, behaviorFor(config, pathOf(request)), request) ?? response(200, distribution.answers[pathOf(request)] ?? 'ok');
    },
  };
}

function hostsOf(distribution: DistributionState): readonly string[] {
  return [distribution.domainName, ...(newestVersion(distribution).config.Aliases?.Items ?? [])];
}

function pathOf({ path }: FrontRequest): string {
  return path.split('?', 1)[0] ?? '/';
}

/** The first pattern that matches, in their order; a pattern need not begin with a slash. */
function behaviorFor({ CacheBehaviors, DefaultCacheBehavior }: DistributionConfig, path: string): DefaultCacheBehavior | CacheBehavior | undefined {
  return CacheBehaviors?.Items?.find(({ PathPattern = '' }) => matchesWildcards(path, `/${PathPattern.replace(/^\//, '')}`, '')) ?? DefaultCacheBehavior;
}

function functionAnswer(state: CloudFrontState, behavior: DefaultCacheBehavior | undefined, request: FrontRequest): FrontResponse | undefined {
  const association = behavior?.FunctionAssociations?.Items?.find(({ EventType }) => EventType === 'viewer-request');
  const found = [...state.functions.values()].find(({ arn }) => arn === association?.FunctionARN);
  return found === undefined ? undefined : answerOfFunction(found, request);
}

function response(status: number, text: string): FrontResponse {
  const body = new TextEncoder().encode(text);
  return { status, headers: { server: 'CloudFront', 'content-type': 'text/plain', 'content-length': String(body.byteLength) }, body };
}
