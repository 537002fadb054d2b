import { errAsync, okAsync, type ResultAsync } from 'neverthrow';
import type { Environment } from '../environment/environment.js';
import { internals } from '../environment/environment.js';
import type { AccessDenied, AwsError, Cause, CredentialsExpired, NotFound, Throttled, Unexpected, Unreachable } from '../errors.js';
import { environmentRedactor } from '../reports/redact.js';
import type { CallSubject } from './call.js';
import { classify, type SdkError } from './classify.js';

/** What the SDK threw, in the words of this library. Nothing of the request is kept but its id. */
export function mapError(env: Environment, subject: CallSubject, error: SdkError): AwsError {
  return environmentRedactor(env)(tellError(placeOf(env), subject, error));
}

/** Where a call was sent, for its errors. */
export interface Place {
  readonly region: string;
  /** Empty where it is not known. */
  readonly accountId: string;
  /** What names the thing that was asked for: `the definition of dev`. */
  readonly namedBy: string;
}

function placeOf(env: Environment): Place {
  return { region: env.definition.region, accountId: env[internals].accountId, namedBy: `the definition of ${env.definition.name}` };
}

/** As `mapError`, for who is no environment and holds no secret. */
export function tellError(place: Place, subject: CallSubject, error: SdkError): AwsError {
  const cause = causeOf(error);
  switch (classify(error)) {
    case 'throttled':
      return throttled(subject, cause);
    case 'transient':
      return unreachable(place, subject, cause);
    case 'credentials':
      return credentialsExpired(subject, cause);
    case 'denied':
      return accessDenied(place, subject, cause);
    case 'not-found':
      return missing(place, subject.resource ?? { kind: 'resource', name: subject.action }, cause);
    case 'other':
      return unexpected(subject, cause, error);
  }
}

function causeOf(error: SdkError): Cause {
  const code = error.Code ?? error.code;
  const requestId = error.$metadata?.requestId;
  return {
    name: error.name ?? 'Error',
    message: error.message ?? error.name ?? 'no message',
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function throttled(subject: CallSubject, cause: Cause): Throttled {
  return {
    kind: 'Throttled',
    operation: subject.action,
    message: `${subject.action} is throttled by AWS, also after several attempts`,
    remedy: 'Wait a minute and call again; find what else calls this API in the account and region, or ask AWS for a higher rate.',
    cause,
  };
}

function unreachable({ region }: Place, subject: CallSubject, cause: Cause): Unreachable {
  return {
    kind: 'Unreachable',
    operation: subject.action,
    message: `${subject.action} got no proper answer from AWS in ${region}, also after several attempts: ${cause.message || cause.name}`,
    remedy: 'Check the network and the AWS health dashboard, then call again.',
    cause,
  };
}

const noCredentials = /CredentialsProviderError|TokenProviderError|MissingAuthenticationToken/;

function credentialsExpired(subject: CallSubject, cause: Cause): CredentialsExpired {
  if (cause.name === 'GithubOidcError') return { kind: 'CredentialsExpired', operation: subject.action, message: `${subject.action} was not sent: ${cause.message}`, remedy: 'Mend what it says, and start the job again; a run goes on with resume.', cause };
  const none = noCredentials.test(cause.name);
  const what = none ? 'there are no AWS credentials' : /Expired|Refresh/.test(`${cause.name}${cause.code ?? ''}`) ? 'the AWS credentials have expired' : 'AWS does not accept the credentials';
  return {
    kind: 'CredentialsExpired',
    operation: subject.action,
    message: `${subject.action}: ${what}`,
    remedy: `${none ? 'Set AWS_PROFILE, or sign in (for instance `aws sso login`), or put credentials into the environment' : 'Sign in again (for instance `aws sso login`) or renew the credentials in the environment'}, then call again; a run goes on with resume.`,
    cause,
  };
}

/** IAM's sentence names the action it missed, which is not always the one that was called: RunTask needs iam:PassRole. */
function accessDenied({ region }: Place, subject: CallSubject, cause: Cause): AccessDenied {
  const action = /not authorized to perform:? ([A-Za-z0-9-]+:[A-Za-z0-9]+)/.exec(cause.message)?.[1] ?? subject.action;
  const resource = /on (?:the )?resource:? "?(arn:[^\s"]+|\*)/.exec(cause.message)?.[1] ?? subject.resource?.name;
  const denied = cause.message.includes('explicit deny');
  const on = resource === undefined ? '' : ` on ${resource}`;
  return {
    kind: 'AccessDenied',
    action,
    ...(resource === undefined ? {} : { resource }),
    message: `the credentials may not ${action}${on} in ${region}`,
    remedy: denied ? `A policy denies ${action}${on} explicitly: lift that statement.` : `Allow ${action}${on} in the policy of the role or user that runs this.`,
    cause,
  };
}

/** Also for what AWS answers with an empty list instead of an error. */
export function notFound(env: Environment, resource: { readonly kind: string; readonly name: string }, cause?: Cause): NotFound {
  return missing(placeOf(env), resource, cause);
}

function missing({ region, accountId, namedBy }: Place, resource: { readonly kind: string; readonly name: string }, cause?: Cause): NotFound {
  return {
    kind: 'NotFound',
    resource: resource.kind,
    name: resource.name,
    region,
    ...(accountId === '' ? {} : { accountId }),
    message: `${resource.kind} ${resource.name} does not exist in ${ofNoRegion.has(resource.kind) ? 'CloudFront' : region}${accountId === '' ? '' : ` of account ${accountId}`}`,
    remedy: remedies[resource.kind]?.(resource.name, namedBy) ?? `Check the name in ${namedBy}, the region, and whose credentials are in use.`,
    ...(cause === undefined ? {} : { cause }),
  };
}

const ofNoRegion: ReadonlySet<string> = new Set(['distribution', 'published CloudFront function']);

/** Where the region cannot be what is wrong, or something else than the definition names what is missing. */
const remedies: Readonly<Record<string, (name: string, namedBy: string) => string>> = {
  image: (name) => `Push ${name}, or release a version that exists.`,
  snapshot: () => 'Check the identifier of the snapshot, the region, and whose credentials are in use.',
  distribution: (_, namedBy) => `Check the id in ${namedBy}, and whose credentials are in use.`,
  'published CloudFront function': (_, namedBy) => `Publish it to its LIVE stage; check the name in ${namedBy}, and whose credentials are in use.`,
};

function unexpected(subject: CallSubject, cause: Cause, error: SdkError): Unexpected {
  const status = error.$metadata?.httpStatusCode;
  const code = error.Code ?? error.name;
  return {
    kind: 'Unexpected',
    operation: subject.action,
    ...(code === undefined ? {} : { code }),
    ...(cause.requestId === undefined ? {} : { requestId: cause.requestId }),
    message: `${subject.action} failed: ${cause.name}: ${cause.message}${status === undefined ? '' : ` (HTTP ${status})`}`,
    remedy: 'Read the message: AWS refuses the request as it is. If it looks like a defect of this library, report it with the operation and the request id.',
    cause,
  };
}

/** What is asked for, or null where it is not there: for who has an answer to that. */
export function missingIsNull<T>(asked: ResultAsync<T, AwsError>): ResultAsync<T | null, AwsError> {
  return asked.map((value): T | null => value).orElse((error) => (error.kind === 'NotFound' ? okAsync(null) : errAsync(error)));
}
