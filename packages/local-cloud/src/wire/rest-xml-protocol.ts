import { XmlShapeDeserializer, XmlShapeSerializer } from '@aws-sdk/core/protocols';
import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols';
import type { NormalizedSchema } from '@smithy/core/schema';
import { ServiceFault } from '../context.js';
import { unchunk } from './aws-chunked.js';
import type { ErrorDialect, Protocol, ProtocolAnswer, WireError } from './protocol.js';
import { labelsOf } from './rest-routes.js';
import type { OperationSchema, ServiceModel } from './service-models.js';
import { errorResponse, escapeXml, xmlBytes } from './write-xml.js';
import type { WireRequest } from './wire.js';

const dateTime = 5;
const settings = { timestampFormat: { useTrait: true, default: dateTime }, httpBindings: true, xmlNamespace: '', serviceNamespace: '' } as const;
const nothing = new Uint8Array();

/** AWS REST-XML: each member of an input or output is where its binding says (path, query, header, the body), what has none is in the body's XML. */
export function restXmlProtocol(): Protocol {
  return {
    name: 'rest-xml',
    readInput: (operation, request) => (operation.input.isUnitSchema() ? {} : readInput(operation, withoutChunks(request))),
    writeOutput: (service, operation, value, requestId) => withId(service, requestId, operation.output.isUnitSchema() ? { status: operation.http?.[2], headers: {}, body: nothing } : writeOutput(service, operation, (value ?? {}) as Members)),
    writeError: (service, error, requestId) =>
      withId(service, requestId, { headers: { 'content-type': 'application/xml' }, body: xmlBytes(`<?xml version="1.0" encoding="UTF-8"?>\n${service.bareErrors ? bareError(error, requestId) : errorResponse(service, error, requestId)}`) }),
  };
}

type Members = Readonly<Record<string, unknown>>;

/** S3 has a name of its own for the request's identifier. */
function withId({ bareErrors }: ErrorDialect, requestId: string, answer: ProtocolAnswer): ProtocolAnswer {
  return bareErrors ? { ...answer, headers: { ...answer.headers, 'x-amz-request-id': requestId } } : answer;
}

function withoutChunks(request: WireRequest): WireRequest {
  const encodings = (request.headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim());
  if (!encodings.includes('aws-chunked')) return request;
  const { body, trailers } = unchunk(request.body);
  const { 'content-encoding': _encoding, ...headers } = request.headers;
  const kept = encodings.filter((encoding) => encoding !== 'aws-chunked').join(', ');
  const length = headers['x-amz-decoded-content-length'];
  return { ...request, body, headers: { ...headers, ...trailers, ...(kept === '' ? {} : { 'content-encoding': kept }), ...(length === undefined ? {} : { 'content-length': length }) } };
}

function readInput(operation: OperationSchema, request: WireRequest): Members {
  const labels = labelsOf(operation, request);
  const read: Record<string, unknown> = {};
  const unbound: string[] = [];
  for (const [name, member] of operation.input.structIterator()) {
    const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders, httpPayload } = member.getMergedTraits();
    if (httpLabel !== undefined) read[name] = readText(member, labels[name]);
    else if (httpQuery !== undefined) read[name] = member.isListSchema() ? request.query.getAll(httpQuery) : readText(member, request.query.get(httpQuery) ?? undefined);
    else if (httpHeader !== undefined) read[name] = readText(member, request.headers[httpHeader.toLowerCase()]);
    else if (httpPrefixHeaders !== undefined) read[name] = readPrefixed(httpPrefixHeaders, request);
    else if (httpPayload !== undefined) read[name] = readPayload(member, request.body);
    else unbound.push(name);
  }
  const members = unbound.length === 0 || request.body.byteLength === 0 ? {} : (readXml(operation.input, request.body) as Members);
  for (const name of unbound) read[name] = members[name];
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

function readText(schema: NormalizedSchema, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return new FromStringShapeDeserializer(settings).read(schema, text) as unknown;
  } catch {
    return text;
  }
}

function readPrefixed(prefix: string, { headers }: WireRequest): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix.toLowerCase()));
  return found.length === 0 ? undefined : Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

function readPayload(schema: NormalizedSchema, body: Uint8Array): unknown {
  if (schema.isBlobSchema()) return body;
  if (body.byteLength === 0) return undefined;
  return schema.isStringSchema() ? new TextDecoder().decode(body) : readXml(schema, body);
}

function readXml(schema: NormalizedSchema, body: Uint8Array): unknown {
  try {
    return new XmlShapeDeserializer(settings).read(schema, body) as unknown;
  } catch {
    throw new ServiceFault('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
  }
}

function writeOutput(service: ServiceModel, { output, http }: OperationSchema, value: Members): ProtocolAnswer {
  const headers: Record<string, string> = {};
  const inBody: Record<string, unknown> = {};
  let payload: ProtocolAnswer | undefined;
  let unbound = false;
  for (const [name, member] of output.structIterator()) {
    const { httpHeader, httpPrefixHeaders, httpPayload } = member.getMergedTraits();
    const isBound = httpHeader !== undefined || httpPrefixHeaders !== undefined || httpPayload !== undefined;
    unbound ||= !isBound;
    const given = value[name];
    if (given === undefined || given === null) continue;
    if (httpHeader !== undefined) headers[httpHeader.toLowerCase()] = writeText(member, given);
    else if (httpPrefixHeaders !== undefined) for (const [key, text] of Object.entries(given as Members)) headers[`${httpPrefixHeaders}${key}`.toLowerCase()] = String(text);
    else if (httpPayload !== undefined) payload = writePayload(service, member, given);
    else inBody[name] = given;
  }
  const body = payload ?? (unbound ? xmlAnswer(service, output, inBody) : { headers: {}, body: nothing });
  return { status: http?.[2], headers: { ...body.headers, ...headers }, body: body.body };
}

function writeText(schema: NormalizedSchema, value: unknown): string {
  const serializer = new ToStringShapeSerializer(settings);
  serializer.write(schema, value);
  return serializer.flush();
}

function writePayload(service: ServiceModel, schema: NormalizedSchema, value: unknown): ProtocolAnswer {
  if (schema.isStructSchema()) return xmlAnswer(service, schema, value);
  return { headers: {}, body: value instanceof Uint8Array ? value : new TextEncoder().encode(String(value)) };
}

function xmlAnswer({ xmlNamespace, name }: ServiceModel, schema: NormalizedSchema, value: unknown): ProtocolAnswer {
  const serializer = new XmlShapeSerializer({ ...settings, xmlNamespace, serviceNamespace: name });
  serializer.write(schema, value);
  return { headers: { 'content-type': 'application/xml' }, body: xmlBytes(`<?xml version="1.0" encoding="UTF-8"?>\n${String(serializer.flush())}`) };
}

function bareError({ code, message, detail }: WireError, requestId: string): string {
  const details = Object.entries(detail).map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
  return `<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>${details.join('')}<RequestId>${requestId}</RequestId></Error>`;
}
