import { ServiceFault } from '../context.js';

export interface Unchunked {
  readonly body: Uint8Array;
  /** What follows the body: its checksum, by the name of the header that it stands for. */
  readonly trailers: Readonly<Record<string, string>>;
}

const lineEnd = '\r\n';

/**
 * The body of an upload whose length or checksum was not known when it began: `aws-chunked` ("Signature calculations for the Authorization
 * header: Transferring a payload in multiple chunks").
 */
export function unchunk(body: Uint8Array): Unchunked {
  const chunks: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const header = lineAt(body, at);
    // a size below 0 would lead back to where this chunk begins, for ever
    const size = /^[\da-f]+(?:;|$)/i.test(header) ? parseInt(header, 16) : Number.NaN;
    if (Number.isNaN(size)) throw new ServiceFault('IncompleteBody', 'The request body terminated unexpectedly');
    at += header.length + lineEnd.length;
    if (size === 0) return { body: joined(chunks), trailers: trailersAt(body, at) };
    chunks.push(body.subarray(at, at + size));
    at += size + lineEnd.length;
  }
}

function trailersAt(body: Uint8Array, at: number): Record<string, string> {
  const lines = new TextDecoder().decode(body.subarray(at)).split(lineEnd);
  return Object.fromEntries(lines.flatMap((line) => (line.includes(':') ? [[line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const] : [])));
}

/** Up to the end of the line, which is looked for where the header of a chunk can be. */
function lineAt(body: Uint8Array, at: number): string {
  const text = new TextDecoder().decode(body.subarray(at, at + 256));
  return text.slice(0, Math.max(0, text.indexOf(lineEnd)));
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
