import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Protocol } from './protocol.js';
import { readQueryInput } from './read-query-input.js';
import type { ServiceModel } from './service-models.js';

const dateTime = 5;
const encoder = new TextEncoder();

/** AWS Query: a form in, XML out. */
export function queryProtocol(): Protocol {
  return {
    name: 'query',
    readInput: ({ input }, body) => (input.isUnitSchema() ? {} : readQueryInput(input, new URLSearchParams(new TextDecoder().decode(body)))),
    writeOutput: (service, { name, output }, value, requestId) =>
      xmlAnswer(
        `<${name}Response xmlns="${service.xmlNamespace}">` +
          (output.isUnitSchema() ? '' : `<${name}Result>${membersAsXml(service, output, value ?? {})}</${name}Result>`) +
          `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
      ),
    writeError: (service, error, requestId) =>
      xmlAnswer(
        `<ErrorResponse xmlns="${service.xmlNamespace}"><Error><Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>` +
          `<Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
      ),
  };
}

function xmlAnswer(xml: string): { headers: Record<string, string>; body: Uint8Array } {
  return { headers: { 'content-type': 'text/xml' }, body: encoder.encode(xml.replace(notXml, '\uFFFD')) };
}

/** Characters that XML cannot hold, not even escaped, such as a terminal's colours in a log; the JavaScript SDK reads them nevertheless, botocore does not read the answer. */
const notXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** The serialiser writes the structure in an element of its own name, where Query wants one named after the operation. */
function membersAsXml(service: ServiceModel, schema: NormalizedSchema, value: unknown): string {
  const serializer = new XmlShapeSerializer({ timestampFormat: { useTrait: true, default: dateTime }, httpBindings: false, xmlNamespace: service.xmlNamespace, serviceNamespace: service.name });
  serializer.write(schema, value);
  const xml = String(serializer.flush());
  return xml.slice(xml.indexOf('>') + 1, Math.max(xml.lastIndexOf('</'), xml.indexOf('>') + 1));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\r', '&#x0D;');
}
