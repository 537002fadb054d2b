import { ServiceFault } from '../context.js';
import type { OperationFault } from '../faults.js';
import type { Protocol } from './protocol.js';
import type { ServiceModel } from './service-models.js';

export interface FaultyCall {
  readonly protocol: Protocol;
  readonly service: ServiceModel;
  readonly operationName: string;
  readonly region: string;
  /** ARN of the caller. */
  readonly caller: string;
  readonly input: unknown;
}

/** The error with which AWS turns a call away before it does anything; undefined for faults of another kind. `nth` alternates 500 and 503. */
export function refusal(fault: OperationFault, call: FaultyCall, nth: number): ServiceFault | undefined {
  switch (fault.kind) {
    case 'throttle':
      return call.service.name === 's3' ? new ServiceFault('SlowDown', 'Please reduce your request rate.', 503) : inBothForms(call, 'Throttling', 'Rate exceeded', 400);
    case 'server-error':
      return nth % 2 === 0
        ? new ServiceFault('InternalFailure', 'The request processing has failed because of an unknown error, exception or failure.', 500)
        : new ServiceFault('ServiceUnavailable', 'The request has failed due to a temporary failure of the server.', 503);
    case 'access-denied':
      return inBothForms(call, 'AccessDenied', accessDeniedMessage(call), 403);
    case 'expired-credentials':
      return inBothForms(call, 'ExpiredToken', 'The security token included in the request is expired', 403);
    case 'lost-response':
    case 'delay':
    case 'stale-read':
    case 'crash-caller':
      return undefined;
  }
}

/** JSON says `…Exception` and 400 where XML has the bare code and a status of its own. */
export function inBothForms({ protocol }: Pick<FaultyCall, 'protocol'>, code: string, message: string, xmlStatus: number): ServiceFault {
  return protocol.name === 'query' || protocol.name === 'rest-xml' ? new ServiceFault(code, message, xmlStatus) : new ServiceFault(`${code}Exception`, message, 400);
}

function accessDeniedMessage({ service, operationName, caller, input }: FaultyCall): string {
  return `User: ${caller} is not authorized to perform: ${service.iamPrefix}:${operationName} on resource: ${firstArn(input) ?? '*'}`;
}

function firstArn(value: unknown): string | undefined {
  if (typeof value === 'string') return value.startsWith('arn:') ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const member of Object.values(value)) {
    const arn = firstArn(member);
    if (arn !== undefined) return arn;
  }
  return undefined;
}
