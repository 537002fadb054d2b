import type { HttpAnswer } from '../../../wire/wire.js';

/** What turns a request away: the protocol's code, and the status. */
export class RegistryFault extends Error {
  override readonly name = 'RegistryFault';
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

const version = { 'docker-distribution-api-version': 'registry/2.0' };

export function answer(status: number, headers: Readonly<Record<string, string>> = {}, body: Uint8Array = new Uint8Array()): HttpAnswer {
  return { kind: 'answer', status, headers: { ...version, ...headers }, body };
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return answer(status, { ...headers, 'content-type': 'application/json' }, new TextEncoder().encode(JSON.stringify(value)));
}

export function faultAnswer({ status, code, message, headers }: RegistryFault): HttpAnswer {
  return jsonAnswer(status, { errors: [{ code, message }] }, headers);
}
