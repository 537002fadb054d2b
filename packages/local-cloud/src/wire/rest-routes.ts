import type { OperationSchema, ServiceModel } from './service-models.js';
import { requiredMembers } from './validate-input.js';
import type { WireRequest } from './wire.js';

/** Where an operation of a service that speaks REST is found. */
export interface RestRoute {
  readonly operationName: string;
  readonly method: string;
  readonly path: RegExp;
  /** What the query has to have besides what the input puts there; the value is empty for a mere flag. */
  readonly literals: readonly (readonly [name: string, value: string])[];
  /** Members of the input without which it is another operation, where the request has them. */
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
  readonly weight: number;
}

/** The routes of a service's operations; where several fit a request the first is meant: the one that asks most of it. */
export function restRoutes(service: ServiceModel, names: readonly string[]): readonly RestRoute[] {
  return names.flatMap((name) => routeOf(service.operation(name)) ?? []).sort((a, b) => b.weight - a.weight);
}

/** `x-id` names the operation where a path is shared; only the JavaScript SDK sends it. */
const operationId = 'x-id';

function routeOf(operation: OperationSchema | undefined): RestRoute | undefined {
  if (operation?.http === undefined) return undefined;
  const [method, uri] = operation.http;
  const literals = [...new URLSearchParams(uri.split('?')[1] ?? '')];
  const bound = requiredBindings(operation);
  const fixed = (uri.split('?')[0] ?? '').split('/').filter((part) => part !== '' && !part.startsWith('{')).length;
  return { operationName: operation.name, method, path: pathPattern(operation), literals, ...bound, weight: fixed + literals.filter(([name]) => name !== operationId).length + bound.requiredQuery.length + bound.requiredHeaders.length };
}

function requiredBindings({ input }: OperationSchema): Pick<RestRoute, 'requiredQuery' | 'requiredHeaders'> {
  if (input.isUnitSchema()) return { requiredQuery: [], requiredHeaders: [] };
  const required = requiredMembers(input);
  const traits = [...input.structIterator()].filter(([name]) => required.has(name)).map(([, member]) => member.getMergedTraits());
  return { requiredQuery: traits.flatMap(({ httpQuery }) => httpQuery ?? []), requiredHeaders: traits.flatMap(({ httpHeader }) => httpHeader?.toLowerCase() ?? []) };
}

export function findRoute(routes: readonly RestRoute[], request: WireRequest): RestRoute | undefined {
  const path = pathOf(request);
  return routes.find((route) => route.method === request.method && route.path.test(path) && fits(route, request));
}

function fits({ literals, requiredQuery, requiredHeaders }: RestRoute, { query, headers }: WireRequest): boolean {
  return (
    literals.every(([name, value]) => (query.has(name) ? query.get(name) === value : name === operationId)) &&
    requiredQuery.every((name) => query.has(name)) &&
    requiredHeaders.every((name) => name in headers)
  );
}

/** The members of the input that stand in the path, decoded. */
export function labelsOf(operation: OperationSchema, request: WireRequest): Readonly<Record<string, string>> {
  const found = pathPattern(operation).exec(pathOf(request))?.groups ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, decodeURIComponent(value)]));
}

/** `{Key+}` may have slashes in it. S3's model leaves the bucket out, which is in the host's name or comes first. */
function pathPattern({ http, input }: OperationSchema): RegExp {
  const template = (http?.[1] ?? '').split('?')[0] ?? '';
  const isBucket = !template.includes('{Bucket}') && !input.isUnitSchema() && [...input.structIterator()].some(([name, member]) => name === 'Bucket' && member.getMergedTraits().httpLabel !== undefined);
  const pattern = `${isBucket ? '/{Bucket}' : ''}${template}`.replace(/\/$/, '').replaceAll(/[.*?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${pattern.replaceAll(/\{(\w+)\+\}/g, '(?<$1>.+)').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}/?$`);
}

const virtualHost = /^(.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com(?::\d+)?$/;

/** The bucket first, however the request addresses it. */
function pathOf({ path, headers }: WireRequest): string {
  const bucket = virtualHost.exec(headers['host'] ?? '')?.[1];
  return bucket === undefined ? path : `/${bucket}${path}`;
}
