import { fromBase64, toUtf8 } from '@smithy/core/serde';
import type { Clock } from '../../../clock.js';
import type { Faults, OperationFault } from '../../../faults.js';
import type { Authorizer } from '../../../iam/authorizer.js';
import type { RequestLog } from '../../../wire/request-log.js';
import type { HttpAnswer, WireAnswer, WireRequest } from '../../../wire/wire.js';
import { type Ecr, registryLogin } from '../ecr.js';
import { type BlobUploads, createBlobUploads } from './blob-uploads.js';
import { answer, faultAnswer, jsonAnswer, RegistryFault } from './registry-answer.js';
import { type RegistryEndpoint, registryEndpoint, registryOperation } from './registry-endpoint.js';
import { changeRepository, readRepository, type RepositoryRequest, unsupported } from './repository-answers.js';

export const publicRegistry = 'public.ecr.aws';
const anonymousToken = 'anonymous-caller-of-the-local-cloud';
/** Bytes of a request's body; more is answered 413. */
export const blobLimit = 512 * 1024 * 1024;

export interface RegistryDoorOptions {
  readonly ecr: (region: string) => Ecr;
  /** The region whose cloud knows what the public registry holds. */
  readonly region: string;
  readonly accountId: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly authorizer: Authorizer;
  readonly log: RequestLog;
  /** Called by the fault `crash-caller`; the call is never answered. */
  readonly onCrashCaller?: ((operation: string) => void) | undefined;
}

/** The account's private registries, and the public one, over the OCI distribution protocol. */
export interface RegistryDoor {
  /** Whether it is at this host that clients ask for it. */
  serves(hostname: string): boolean;
  /** Answers any request; never rejects. A host that it does not serve is taken for the private registry: of a client that was given this machine's address. */
  handle(hostname: string, request: WireRequest & { readonly query: URLSearchParams }): Promise<WireAnswer>;
}

export function createRegistryDoor(options: RegistryDoorOptions): RegistryDoor {
  const uploads = createBlobUploads();
  const regionOf = (hostname: string): string | undefined => new RegExp(`^${options.accountId}\\.dkr\\.ecr\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?$`).exec(hostname)?.[1];
  return {
    serves: (hostname) => hostname === publicRegistry || regionOf(hostname) !== undefined,
    async handle(hostname, request) {
      const endpoint = registryEndpoint(request.path);
      const isPrivate = hostname !== publicRegistry;
      const operation = endpoint === undefined ? undefined : registryOperation(request.method, endpoint, isPrivate);
      if (endpoint === undefined || operation === undefined) return faultAnswer(endpoint === undefined ? new RegistryFault(404, 'NAME_INVALID', 'Invalid path') : unsupported());
      return atTheDoor(options, { ...request, endpoint, operation, isPrivate, region: regionOf(hostname) ?? options.region, uploads });
    },
  };
}

interface Visit extends WireRequest {
  readonly endpoint: RegistryEndpoint;
  readonly query: URLSearchParams;
  readonly operation: string;
  readonly isPrivate: boolean;
  readonly region: string;
  readonly uploads: BlobUploads;
}

async function atTheDoor(options: RegistryDoorOptions, visit: Visit): Promise<WireAnswer> {
  const { faults, clock, log, onCrashCaller } = options;
  const fault = faults.onOperation(visit.operation);
  if (fault?.kind === 'delay') await clock.sleep(fault.ms ?? 0);
  const crash = (): WireAnswer => {
    onCrashCaller?.(visit.operation);
    return { kind: 'never' };
  };
  if (fault?.kind === 'crash-caller' && fault.when === 'before') return crash();
  const answered = answerOrFault(options, visit, fault);
  const { code } = answered;
  const result = code === undefined ? { output: undefined } : { error: code };
  log.add({ at: clock.now(), service: visit.isPrivate ? 'ecr' : 'ecr-public', region: visit.region, operation: visit.operation, input: inputOf(visit), status: answered.status, ...result });
  if (fault?.kind === 'crash-caller') return crash();
  return fault?.kind === 'lost-response' ? { kind: 'lost' } : answered;
}

/** What it was about, as the log shows it. */
function inputOf({ endpoint }: Visit): object {
  return { ...('repository' in endpoint ? { repositoryName: endpoint.repository } : {}), ...('reference' in endpoint ? { reference: endpoint.reference } : {}) };
}

function answerOrFault(options: RegistryDoorOptions, visit: Visit, fault: OperationFault | undefined): HttpAnswer & { readonly code?: string } {
  try {
    if (fault !== undefined) refuse(options, visit, fault);
    authorize(options, visit);
    if (visit.body.byteLength > blobLimit) throw new RegistryFault(413, 'SIZE_INVALID', `The body of the request has more than ${String(blobLimit)} bytes.`);
    return visit.isPrivate ? answerPrivate(options, visit) : answerPublic(options, visit);
  } catch (error) {
    if (error instanceof RegistryFault) return { ...faultAnswer(error), code: error.code };
    return { ...faultAnswer(new RegistryFault(500, 'UNKNOWN', `The local cloud failed at ${visit.operation}: ${String(error)}`)), code: 'UNKNOWN' };
  }
}

/** The words are AWS's; an expired token is 403 at the private registry and 400 at the public one, without a challenge. */
function refuse({ accountId, authorizer }: RegistryDoorOptions, { operation, isPrivate, endpoint, region }: Visit, { kind }: OperationFault): void {
  const name = 'repository' in endpoint ? endpoint.repository : '*';
  if (kind === 'throttle') throw new RegistryFault(429, 'TOOMANYREQUESTS', 'Rate exceeded');
  if (kind === 'server-error') throw new RegistryFault(503, 'UNKNOWN', 'The service is temporarily unavailable.');
  if (kind === 'expired-credentials') throw new RegistryFault(isPrivate ? 403 : 400, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.');
  if (kind !== 'access-denied') return;
  const message = `User: ${authorizer.caller.arn} is not authorized to perform: ${operation} on resource: arn:aws:ecr:${region}:${accountId}:repository/${name}`;
  throw new RegistryFault(403, 'DENIED', isPrivate ? message : 'Not authorized');
}

/** To log in is GetAuthorizationToken's matter. */
function authorize({ accountId, authorizer }: RegistryDoorOptions, { operation, isPrivate, endpoint, region }: Visit): void {
  if (!isPrivate || !('repository' in endpoint)) return;
  const message = authorizer.refusal({ service: { name: 'ecr', iamPrefix: 'ecr' }, operationName: operation.replace('ecr:', ''), accountId, region, input: { repositoryName: endpoint.repository } });
  if (message !== undefined) throw new RegistryFault(403, 'DENIED', message);
}

function answerPrivate({ ecr, accountId }: RegistryDoorOptions, visit: Visit): HttpAnswer {
  const { endpoint, headers, region, method, uploads } = visit;
  if (loginOf(headers['authorization']) !== registryLogin) {
    throw new RegistryFault(401, 'UNAUTHORIZED', 'Not Authorized', { 'www-authenticate': `Basic realm="https://${accountId}.dkr.ecr.${region}.amazonaws.com/",service="ecr.amazonaws.com"` });
  }
  if (endpoint.kind === 'base') return answer(200);
  if (endpoint.kind === 'token') throw unsupported();
  const { registry } = ecr(region);
  const repository = registry.repositories.get(endpoint.repository);
  if (repository === undefined) throw new RegistryFault(404, 'NAME_UNKNOWN', `The repository with name '${endpoint.repository}' does not exist in the registry with id '${accountId}'`);
  const request: RepositoryRequest = { ...visit, endpoint };
  return method === 'GET' || method === 'HEAD' ? readRepository(repository, request) : changeRepository({ registry, repository, accountId, uploads }, request);
}

function loginOf(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic (\S+)$/i.exec(authorization ?? '') ?? [];
  return encoded === undefined ? undefined : toUtf8(fromBase64(encoded));
}

/** Anybody may pull, with a token that anybody is given. */
function answerPublic({ ecr, region }: RegistryDoorOptions, visit: Visit): HttpAnswer {
  const { endpoint, headers } = visit;
  if (endpoint.kind === 'token') return jsonAnswer(200, { token: anonymousToken });
  if (headers['authorization'] !== `Bearer ${anonymousToken}`) {
    throw new RegistryFault(401, 'UNAUTHORIZED', 'Not Authorized', { 'www-authenticate': `Bearer realm="https://${publicRegistry}/token/",service="${publicRegistry}",scope="aws"` });
  }
  if (endpoint.kind === 'base') return answer(200);
  const repository = ecr(region).registry.outside(publicRegistry, endpoint.repository);
  if (repository === undefined) throw new RegistryFault(404, 'NAME_UNKNOWN', `The repository with name '${endpoint.repository}' does not exist`);
  return readRepository(repository, { ...visit, endpoint });
}
