import type { ErrorDialect, WireError } from './protocol.js';

const encoder = new TextEncoder();

/** Characters that XML cannot hold, not even escaped, such as a terminal's colours in a log; the JavaScript SDK reads them nevertheless, botocore does not read the answer. */
const notXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export function xmlBytes(xml: string): Uint8Array {
  return encoder.encode(xml.replace(notXml, '\uFFFD'));
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\r', '&#x0D;');
}

/** An error as Query and most of REST-XML write it. */
export function errorResponse({ xmlNamespace }: ErrorDialect, { code, message, status }: WireError, requestId: string): string {
  return (
    `<ErrorResponse xmlns="${xmlNamespace}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>` +
    `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
  );
}
