import { redactor } from '../reports/redact.js';
import { internals, type Environment } from './environment.js';

/** @internal What an environment must never print: the header's value, and its name where the definition refers to it as a secret. */
export function secretsOf(env: Environment): readonly string[] {
  const { name, value } = env[internals].header;
  return typeof env.definition.maintenance.headerName === 'string' ? [value.reveal()] : [value.reveal(), name];
}

/** @internal `value` as it may be printed, journalled or returned. */
export function printable<T>(env: Environment, value: T): T {
  return redactor(secretsOf(env))(value);
}
