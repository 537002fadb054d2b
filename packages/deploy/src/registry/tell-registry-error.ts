import { classify, type SdkError } from '../aws/classify.js';
import { type Environment, internals } from '../environment/environment.js';
import type { AccessDenied, AwsError, Cause } from '../errors.js';
import { environmentRedactor } from '../reports/redact.js';

/** What a call to a registry is about. */
export interface RegistrySubject {
  /** The IAM action that it needs at the private registry; else what it does. */
  readonly action: string;
  readonly resource: { readonly kind: string; readonly name: string };
  readonly isPrivate: boolean;
}

/** What was thrown at a registry's call, in the words of this library. Nothing of the request is kept, and no token. */
export function tellRegistryError(env: Environment, subject: RegistrySubject): (thrown: SdkError) => AwsError {
  return (thrown) => environmentRedactor(env)(told(env, subject, thrown, causeOf(thrown)));
}

function causeOf({ name = 'Error', message = '', Code, code }: SdkError): Cause {
  const wire = Code ?? code;
  return { name, message: withoutTokens(message), ...(wire === undefined || wire === '' ? {} : { code: wire }) };
}

/** No registry should repeat what it was sent. */
function withoutTokens(message: string): string {
  return message.replace(/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, '$1 [redacted]').replace(/\beyJ[A-Za-z0-9+/=._-]{16,}/g, '[redacted]');
}

function told(env: Environment, subject: RegistrySubject, thrown: SdkError, cause: Cause): AwsError {
  const { action, resource, isPrivate } = subject;
  const what = `${action} of ${resource.name}`;
  const { region } = env.definition;
  switch (classify(thrown)) {
    case 'throttled':
      return { kind: 'Throttled', operation: action, message: `${what} is throttled, also after several attempts`, remedy: isPrivate ? 'Wait a minute and call again: what is there already is not copied again.' : 'The public registry lets anonymous callers pull only so often: wait and call again. What is there already is not copied again.', cause };
    case 'transient':
      return { kind: 'Unreachable', operation: action, message: `${what} got no proper answer, also after several attempts: ${cause.message || cause.name}`, remedy: 'Check the network, then call again: what is there already is not copied again.', cause };
    case 'credentials':
      return { kind: 'CredentialsExpired', operation: action, message: `${what}: the registry does not accept the token it was sent`, remedy: isPrivate ? 'Renew the AWS credentials and call again; a run goes on with resume.' : 'Check images.source in the definition: what is copied has to be public.', cause };
    case 'denied':
      return denied(subject, what, cause);
    case 'not-found': {
      const { accountId } = env[internals];
      const where = isPrivate ? ` in ${region}${accountId === '' ? '' : ` of account ${accountId}`}` : '';
      const remedy = isPrivate ? `Check images.repository in the definition of ${env.definition.name}, the region, and whose credentials are in use.` : 'Publish the version first, or check images.source and the tags of its release in the definition.';
      return { kind: 'NotFound', resource: resource.kind, name: resource.name, region, ...(isPrivate && accountId !== '' ? { accountId } : {}), message: `${resource.kind} ${resource.name} does not exist${where}`, remedy, cause };
    }
    case 'other':
      return { kind: 'Unexpected', operation: action, ...(cause.code === undefined ? {} : { code: cause.code }), message: `${what} failed: ${cause.message}`, remedy: 'Read the message: the registry refuses the request as it is. No tag was moved to what was not copied whole.', cause };
  }
}

/** ECR names the action that it missed: the end of an upload needs two. */
function denied({ action, resource, isPrivate }: RegistrySubject, what: string, cause: Cause): AccessDenied {
  if (!isPrivate) return { kind: 'AccessDenied', action, resource: resource.name, message: `nobody may ${what} without credentials: ${cause.message}`, remedy: 'Check images.source in the definition: what is copied has to be public.', cause };
  const missing = /not authorized to perform:? (ecr:[A-Za-z]+)/.exec(cause.message)?.[1] ?? action;
  return { kind: 'AccessDenied', action: missing, resource: resource.name, message: `the credentials may not ${missing} at ${resource.name}`, remedy: `Allow ${missing} on the repository in the policy of the role or user that runs this.`, cause };
}
