import { describe, expect, it } from 'vitest';
import { graaspBlueprint } from '../environments/graasp-blueprint.js';
import { visitedRoutes } from './visited-routes.js';

describe('visitedRoutes', () => {
  it('visits every host of every rule, and creates items once', () => {
    expect(visitedRoutes(graaspBlueprint('production')).map(({ method, host, path, released }) => `${method} ${host}${path}${released ? ' released' : ''}`)).toEqual([
      'GET api.graasp.org/api/items released',
      'GET api.graasp.org/items released',
      'GET etherpad.graasp.org/',
      'GET umami.graasp.org/',
      'GET graasp.org/api/items released',
      'GET graasp.org/',
      'GET library.graasp.org/',
      'GET go.graasp.org/',
      'GET account.graasp.org/',
      'GET auth.graasp.org/',
      'GET player.graasp.org/',
      'GET builder.graasp.org/',
      'GET analytics.graasp.org/',
      'GET association.graasp.org/',
      'POST api.graasp.org/api/items released',
    ]);
  });

  it('visits the collaboration server too, in dev', () => {
    expect(visitedRoutes(graaspBlueprint('dev'))).toContainEqual({ rule: 'collab', method: 'GET', host: 'collab.dev.graasp.org', path: '/', released: false });
  });
});
