/** What the SDK throws, as far as this library looks at it. */
export interface SdkError {
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  /** code on the wire, where it differs from the name */
  readonly Code?: string | undefined;
  /** of Node: ECONNRESET and the like */
  readonly code?: string | undefined;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined; readonly requestId?: string | undefined } | undefined;
  readonly $retryable?: { readonly throttling?: boolean | undefined } | undefined;
}

export type SdkErrorClass = 'throttled' | 'transient' | 'credentials' | 'denied' | 'not-found' | 'other';

const deepestCause = 10;

/** The codes of the SDK's own retry strategy, without LimitExceededException: at ECS and ECR that is a quota, which waiting does not lift. */
const throttling = new Set([
  'BandwidthLimitExceeded', 'EC2ThrottledException', 'PriorRequestNotComplete', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded',
  'RequestThrottled', 'RequestThrottledException', 'SlowDown', 'ThrottledException', 'Throttling', 'ThrottlingException', 'TooManyRequestsException',
]);
const transient = new Set(['TimeoutError', 'RequestTimeout', 'RequestTimeoutException', 'RequestTimeTooSkewed', 'ConcurrentUpdateException', 'ConditionalRequestConflict', 'IDPCommunicationErrorException', 'IDPCommunicationError', 'ServerException', 'InternalFailure', 'ServiceUnavailable']);
const network = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_SOCKET']);
const serverStatus = new Set([500, 502, 503, 504]);
const fetchFailure = /^(Failed to fetch|fetch failed|NetworkError when attempting to fetch resource|The Internet connection appears to be offline|Load failed|Network request failed)/;
const credentials = new Set([
  'ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired', 'InvalidClientTokenId', 'UnrecognizedClientException',
  'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidSignatureException', 'IncompleteSignature', 'MissingAuthenticationToken', 'MissingAuthenticationTokenException',
  'CredentialsProviderError', 'TokenProviderError', 'AuthFailure', 'GithubOidcError',
]);
const denied = new Set(['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'UnauthorizedException', 'NotAuthorized', 'AuthorizationErrorException']);

/** Whether to send the request again, or what to call the failure. */
export function classify(error: SdkError): SdkErrorClass {
  const names = [error.name ?? '', error.Code ?? ''];
  const status = error.$metadata?.httpStatusCode;
  if (names.some((name) => throttling.has(name)) || status === 429 || error.$retryable?.throttling === true) return 'throttled';
  if (names.some((name) => credentials.has(name))) return 'credentials';
  if (names.some((name) => denied.has(name))) return 'denied';
  if (isTransient(error)) return 'transient';
  return isNotFound(error, names) ? 'not-found' : status === 403 ? 'denied' : 'other';
}

function isTransient(error: SdkError, depth = 0): boolean {
  if (error.name === 'AbortError') return false;
  const told = transient.has(error.name ?? '') || network.has(error.code ?? '') || error.$retryable !== undefined;
  if (told || serverStatus.has(error.$metadata?.httpStatusCode ?? 0) || fetchFailure.test(error.message ?? '')) return true;
  return typeof error.cause === 'object' && error.cause !== null && depth < deepestCause && isTransient(error.cause, depth + 1);
}

/** ECS says some of its misses in words only. */
function isNotFound(error: SdkError, names: readonly string[]): boolean {
  if (names.some((name) => /NotFound(Fault|Exception)?$|^ServiceNotActiveException$|^NoSuch(Bucket|Distribution|Entity|EntityException|FunctionExists)$/.test(name))) return true;
  return names.some((name) => name === 'ClientException' || name === 'InvalidParameterException') && /unable to describe task definition|referenced (cluster|task|service) was not found/i.test(error.message ?? '');
}
