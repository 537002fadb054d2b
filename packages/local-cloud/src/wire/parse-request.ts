import { cborProtocol } from './cbor-protocol.js';
import { jsonProtocol } from './json-protocol.js';
import type { Protocol } from './protocol.js';
import { queryProtocol } from './query-protocol.js';
import { loadRestService, restServiceOf, type RestServiceName } from './rest-models.js';
import { findRoute } from './rest-routes.js';
import { restXmlProtocol } from './rest-xml-protocol.js';
import { serviceByQueryVersion, serviceByTarget, type ServiceModel } from './service-models.js';
import type { WireRequest } from './wire.js';

/** Which operation of which service a request asks for, and in which protocol. */
export interface ParsedRequest {
  readonly protocol: Protocol;
  readonly service: ServiceModel;
  readonly operationName: string;
}

/** A request that asks for no operation of this cloud, answered in the protocol it seems to speak. */
export interface UnknownRequest {
  readonly protocol: Protocol;
  readonly service?: ServiceModel;
  readonly problem: string;
}

const json10 = jsonProtocol('1.0');
const json11 = jsonProtocol('1.1');
const query = queryProtocol();
const cbor = cborProtocol();
const restXml = restXmlProtocol();

/** Told apart by who signed it (REST), by path (RPC v2), by `X-Amz-Target` (JSON), by `Action` and `Version` (Query). */
export function parseRequest(request: WireRequest): ParsedRequest | UnknownRequest | Promise<ParsedRequest | UnknownRequest> {
  const restService = restServiceOf(request);
  if (restService !== undefined) return byRoute(restService, request);
  if (request.method !== 'POST') return { protocol: query, problem: `The local cloud answers POST, not ${request.method}.` };
  const rpc = /^\/service\/([^/]+)\/operation\/([^/]+)\/?$/.exec(request.path);
  if (rpc !== null) return byTarget(cbor, rpc[1] ?? '', rpc[2] ?? '');
  const target = request.headers['x-amz-target'];
  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    return byTarget(request.headers['content-type']?.includes('json-1.0') === true ? json10 : json11, target.slice(0, dot), target.slice(dot + 1));
  }
  return byForm(request.body);
}

async function byRoute(name: RestServiceName, request: WireRequest): Promise<ParsedRequest | UnknownRequest> {
  const { model: service, routes } = await loadRestService(name);
  const route = findRoute(routes, request);
  return route === undefined ? { protocol: restXml, service, problem: `${request.method} ${request.path} is no operation of ${name}.` } : { protocol: restXml, service, operationName: route.operationName };
}

function byTarget(protocol: Protocol, target: string, operationName: string): ParsedRequest | UnknownRequest {
  const service = serviceByTarget(target);
  return service === undefined ? { protocol, problem: `The local cloud has no service ${target}.` } : { protocol, service, operationName };
}

function byForm(body: Uint8Array): ParsedRequest | UnknownRequest {
  const form = new URLSearchParams(new TextDecoder().decode(body));
  const [action, version] = [form.get('Action'), form.get('Version')];
  if (action === null || version === null) return { protocol: query, problem: 'The request names no operation: neither X-Amz-Target, nor Action and Version.' };
  const service = serviceByQueryVersion(version);
  return service === undefined ? { protocol: query, problem: `The local cloud has no service with version ${version}.` } : { protocol: query, service, operationName: action };
}

/** The region of the credential's scope: `Credential=KEY/20261123/eu-central-1/ecs/aws4_request`. */
export function regionOf(request: WireRequest): string | undefined {
  return /Credential=[^/,\s]+\/\d{8}\/([a-z0-9-]+)\//.exec(request.headers['authorization'] ?? '')?.[1];
}
