import type { AwsWriteError } from '../../errors.js';

/** Refused as the instance is just now, or is called just now: that passes. */
export function isBusy(error: AwsWriteError): boolean {
  return error.kind === 'NotFound' || codeOf(error).startsWith('InvalidDBInstanceState');
}

/** Another instance has the name, or had it until a moment ago. */
export function isNameTaken(error: AwsWriteError): boolean {
  return codeOf(error).startsWith('DBInstanceAlreadyExists');
}

function codeOf(error: AwsWriteError): string {
  return error.kind === 'Unexpected' ? (error.code ?? '') : '';
}
