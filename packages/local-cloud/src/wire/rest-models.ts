import { restRoutes, type RestRoute } from './rest-routes.js';
import { model, operationNames, type ServiceModel } from './service-models.js';
import type { WireRequest } from './wire.js';

/** The services that speak REST-XML, by the name under which their requests are signed. */
export type RestServiceName = 'cloudfront' | 's3';

export interface RestService {
  readonly model: ServiceModel;
  readonly routes: readonly RestRoute[];
}

/** Their packages are large, and most clouds never hear of them: each is loaded when it is first asked for something. */
const loaders: Readonly<Record<RestServiceName, () => Promise<RestService>>> = {
  cloudfront: async () =>
    restService(await import('@aws-sdk/client-cloudfront'), {
      name: 'cloudfront',
      xmlNamespace: 'http://cloudfront.amazonaws.com/doc/2020-05-31/',
      invalid: { code: 'InvalidArgument', missing: (member) => `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null` },
    }),
  s3: async () =>
    restService(await import('@aws-sdk/client-s3'), {
      name: 's3',
      xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
      bareErrors: true,
      invalid: { code: 'InvalidRequest', missing: (member) => `The request has no ${member}.` },
    }),
};

const loaded = new Map<RestServiceName, Promise<RestService>>();

export function loadRestService(name: RestServiceName): Promise<RestService> {
  const known = loaded.get(name) ?? loaders[name]();
  loaded.set(name, known);
  return known;
}

/** The service of the credential's scope, `Credential=KEY/20261123/eu-central-1/s3/aws4_request`, when it is one that speaks REST-XML. */
export function restServiceOf({ headers }: Pick<WireRequest, 'headers'>): RestServiceName | undefined {
  const signed = /Credential=[^/,\s]+\/\d{8}\/[a-z0-9-]+\/([a-z0-9-]+)\//.exec(headers['authorization'] ?? '')?.[1];
  return signed === 'cloudfront' || signed === 's3' ? signed : undefined;
}

function restService(client: object, settings: Parameters<typeof model>[1]): RestService {
  const service = model(client, settings);
  return { model: service, routes: restRoutes(service, operationNames(client)) };
}
