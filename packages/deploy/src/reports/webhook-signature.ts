import { Redacted } from '../redacted.js';

/** Before a key in base64, as Standard Webhooks writes one. */
const prefix = 'whsec_';

/** The bytes that a secret stands for; null where it is to be base64 and is not. */
export function signingKey(secret: Redacted): Redacted | null {
  const text = secret.reveal();
  if (!text.startsWith(prefix)) return new Redacted(binaryOf(new TextEncoder().encode(text)));
  const encoded = text.slice(prefix.length);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && encoded.length % 4 === 0 ? new Redacted(atob(encoded)) : null;
}

/** `v1,` and the HMAC with SHA-256 of `id.timestamp.body` in base64 (Standard Webhooks, "Signature scheme"). `timestamp`: seconds since the epoch. */
export async function signatureOf(key: Redacted, { id, timestamp, body }: { readonly id: string; readonly timestamp: number; readonly body: string }): Promise<string> {
  const bytes = Uint8Array.from(key.reveal(), (character) => character.charCodeAt(0));
  const { subtle } = globalThis.crypto;
  const hmac = await subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const signed = await subtle.sign('HMAC', hmac, new TextEncoder().encode(`${id}.${timestamp}.${body}`));
  return `v1,${btoa(binaryOf(new Uint8Array(signed)))}`;
}

/** One character a byte, as `btoa` takes them. */
function binaryOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
