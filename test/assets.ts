import type { EnvironmentDefinition } from '@graasp/deploy';
import type { Blueprint } from '@graasp/local-cloud';

/** What the shop's pages load: a distribution with a behavior for pictures and one that writes headers, and one for downloads. */
export function withAssets(blueprint: Blueprint): Blueprint {
  return {
    ...blueprint,
    cloudFront: {
      functions: [
        { name: 'maintenance', redirects: { without: { name: 'x-shop-operator', value: 'open-sesame-0123456789' }, to: 'https://closed.shop.test/' } },
        { name: 'security-headers', redirects: { without: { name: 'x-nobody', value: '' }, to: 'https://nowhere.test/' } },
      ],
      distributions: [
        { id: 'E1SHOPASSETS', aliases: ['assets.shop.test'], functions: { 'viewer-response': 'security-headers' }, behaviors: [{ pathPattern: 'img/*', lambdas: { 'origin-request': 'arn:aws:lambda:us-east-1:123456789012:function:resize:3' } }], answers: { '/': 'assets' } },
        { id: 'E2SHOPFILES', aliases: ['files.shop.test'], answers: { '/': 'files' } },
      ],
    },
  };
}

/** The gate of these distributions is declared. */
export function gatedWithAssets(definition: EnvironmentDefinition): EnvironmentDefinition {
  return { ...definition, maintenance: { ...definition.maintenance, cloudFront: { functionName: 'maintenance', distributions: ['E1SHOPASSETS', 'E2SHOPFILES'] } } };
}
