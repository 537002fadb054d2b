import { XmlShapeSerializer } from '@aws-sdk/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import type { Protocol, ProtocolAnswer } from './protocol.js';
import { readQueryInput } from './read-query-input.js';
import type { ServiceModel } from './service-models.js';
import { errorResponse, xmlBytes } from './write-xml.js';

const dateTime = 5;

/** AWS Query: a form in, XML out. */
export function queryProtocol(): Protocol {
  return {
    name: 'query',
    readInput: ({ input }, { body }) => (input.isUnitSchema() ? {} : readQueryInput(input, new URLSearchParams(new TextDecoder().decode(body)))),
    writeOutput: (service, { name, output }, value, requestId) =>
      xmlAnswer(
        `<${name}Response xmlns="${service.xmlNamespace}">` +
          (output.isUnitSchema() ? '' : `<${name}Result>${membersAsXml(service, output, value ?? {})}</${name}Result>`) +
          `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
      ),
    writeError: (service, error, requestId) => xmlAnswer(errorResponse(service, error, requestId)),
  };
}

function xmlAnswer(xml: string): ProtocolAnswer {
  return { headers: { 'content-type': 'text/xml' }, body: xmlBytes(xml) };
}

/** The serialiser writes the structure in an element of its own name, where Query wants one named after the operation. */
function membersAsXml(service: ServiceModel, schema: NormalizedSchema, value: unknown): string {
  const serializer = new XmlShapeSerializer({ timestampFormat: { useTrait: true, default: dateTime }, httpBindings: false, xmlNamespace: service.xmlNamespace, serviceNamespace: service.name });
  serializer.write(schema, value);
  const xml = String(serializer.flush());
  return xml.slice(xml.indexOf('>') + 1, Math.max(xml.lastIndexOf('</'), xml.indexOf('>') + 1));
}
