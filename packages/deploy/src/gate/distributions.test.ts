import { describe, expect, it } from 'vitest';
import type { DistributionConfig } from '../aws/cloudfront.js';
import { behaviorsOf, closedConfig, distributionName, gateEntries, openConfig } from './distributions.js';

const arn = 'arn:aws:cloudfront::123456789012:function/maintenance';
const viewerRequest = { EventType: 'viewer-request' as const, FunctionARN: arn };
const viewerResponse = { EventType: 'viewer-response' as const, FunctionARN: 'arn:aws:cloudfront::123456789012:function/headers' };
const behavior = { TargetOriginId: 'bucket', ViewerProtocolPolicy: 'https-only' as const, FunctionAssociations: { Quantity: 0 }, LambdaFunctionAssociations: { Quantity: 0 } };
const config: DistributionConfig = {
  CallerReference: 'one',
  Comment: '',
  Enabled: true,
  Origins: { Quantity: 0, Items: [] },
  DefaultCacheBehavior: { ...behavior, FunctionAssociations: { Quantity: 1, Items: [viewerResponse] } },
  CacheBehaviors: { Quantity: 2, Items: [{ ...behavior, PathPattern: 'img/*' }, { ...behavior, PathPattern: '*.js' }] },
};
const distribution = { id: 'E1', eTag: 'a', status: 'Deployed', domainName: 'e1.cloudfront.net', config };

describe('the configuration of a distribution', () => {
  it('is closed at every behavior, beside what else is associated, and opened to what it was', () => {
    const closed = closedConfig(config, arn);
    expect(closed.DefaultCacheBehavior?.FunctionAssociations).toEqual({ Quantity: 2, Items: [viewerResponse, viewerRequest] });
    expect(closed.CacheBehaviors?.Items?.map(({ FunctionAssociations }) => FunctionAssociations)).toEqual([{ Quantity: 1, Items: [viewerRequest] }, { Quantity: 1, Items: [viewerRequest] }]);
    expect(behaviorsOf(closed, 'maintenance').map(({ state }) => state)).toEqual(['closed', 'closed', 'closed']);
    expect(openConfig(closed, 'maintenance', [])).toEqual(config);
    expect(closedConfig(closed, arn)).toEqual(closed);
  });

  it('has no other behaviors than the default one where it had none', () => {
    const { CacheBehaviors: _none, ...plain } = config;
    expect(openConfig(closedConfig(plain, arn), 'maintenance', [])).toEqual(plain);
  });

  it('stays closed where it is told to', () => {
    const opened = openConfig(closedConfig(config, arn), 'maintenance', ['behavior img/*']);
    expect(behaviorsOf(opened, 'maintenance')).toEqual([{ name: 'behavior img/*', state: 'closed' }, { name: 'behavior *.js', state: 'open' }, { name: 'default behavior', state: 'open' }]);
  });

  it.each([
    ['another function at viewer requests', { FunctionAssociations: { Quantity: 1, Items: [{ ...viewerRequest, FunctionARN: arn.replace('maintenance', 'not-maintenance') }] } }, 'taken'],
    ['Lambda@Edge at viewer responses, which no function may stand beside', { LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType: 'viewer-response' as const, LambdaFunctionARN: 'arn:aws:lambda:us-east-1:1:function:a:1' }] } }, 'taken'],
    ['Lambda@Edge at origin requests', { LambdaFunctionAssociations: { Quantity: 1, Items: [{ EventType: 'origin-request' as const, LambdaFunctionARN: 'arn:aws:lambda:us-east-1:1:function:a:1' }] } }, 'open'],
  ])('with %s is told so', (_what, change, state) => {
    expect(behaviorsOf({ ...config, DefaultCacheBehavior: { ...behavior, ...change } }, 'maintenance').at(-1)?.state).toBe(state);
  });
});

describe('gateEntries', () => {
  it('tells a distribution as one, and its behaviors when they differ', () => {
    const name = 'distribution E1 (assets.test)';
    const named = { ...distribution, config: { ...config, Aliases: { Quantity: 1, Items: ['assets.test'] } } };
    expect(gateEntries(named, 'maintenance')).toEqual([{ name, closed: false }]);
    expect(gateEntries({ ...named, config: closedConfig(named.config, arn) }, 'maintenance')).toEqual([{ name, closed: true }]);
    expect(gateEntries({ ...named, config: openConfig(closedConfig(named.config, arn), 'maintenance', ['behavior *.js']) }, 'maintenance')).toEqual([
      { name: `${name}, behavior img/*`, closed: false },
      { name: `${name}, behavior *.js`, closed: true },
      { name: `${name}, default behavior`, closed: false },
    ]);
    expect(distributionName(distribution)).toBe('distribution E1 (e1.cloudfront.net)');
  });
});
