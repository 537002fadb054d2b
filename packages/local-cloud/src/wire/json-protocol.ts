import { JsonCodec2, JsonShapeDeserializer2 } from '@aws-sdk/core/protocols';
import { ServiceFault } from '../context.js';
import type { ErrorDialect, Protocol, WireError } from './protocol.js';

const epochSeconds = 7;
const encoder = new TextEncoder();

/** AWS JSON 1.0 and 1.1. */
export function jsonProtocol(version: '1.0' | '1.1'): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  const settings = { timestampFormat: { useTrait: true, default: epochSeconds }, jsonName: false } as const;
  const codec = new JsonCodec2(settings);
  const reader = new JsonShapeDeserializer2(settings);
  return {
    name: 'json',
    readInput: ({ input }, { body }) => {
      const parsed = parseObject(body);
      if (input.isUnitSchema()) return {};
      try {
        return reader.readObject(input, parsed) as unknown;
      } catch (error) {
        throw new ServiceFault('SerializationException', `The body of the request does not fit its operation: ${String(error)}`);
      }
    },
    writeOutput: (_service, { output }, value) => ({
      headers: { 'content-type': contentType },
      body: output.isUnitSchema() ? encoder.encode('{}') : writeObject(codec, output, value ?? {}),
    }),
    writeError: (service, error) => ({
      headers: { 'content-type': contentType, 'x-amzn-errortype': error.code, ...queryErrorHeader(service, error) },
      body: encoder.encode(JSON.stringify({ __type: error.code, message: error.message, ...error.detail })),
    }),
  };
}

/** Tells clients of a service that used to speak Query the code that it had there. */
export function queryErrorHeader(service: ErrorDialect, error: WireError): Record<string, string> {
  return service.queryCompatible ? { 'x-amzn-query-error': `${error.queryCode};${error.status < 500 ? 'Sender' : 'Receiver'}` } : {};
}

function parseObject(body: Uint8Array): Parameters<JsonShapeDeserializer2['readObject']>[1] {
  const text = new TextDecoder().decode(body);
  let parsed: unknown;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ServiceFault('SerializationException', 'The body of the request is not JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new ServiceFault('SerializationException', 'The body of the request is not a JSON object.');
  return parsed as Parameters<JsonShapeDeserializer2['readObject']>[1];
}

/** The codec answers with a view into a larger buffer that it goes on using. */
function writeObject(codec: JsonCodec2, schema: Parameters<ReturnType<JsonCodec2['createSerializer']>['write']>[0], value: unknown): Uint8Array {
  const serializer = codec.createSerializer();
  serializer.write(schema, value);
  const written: unknown = serializer.flush();
  return typeof written === 'string' ? encoder.encode(written) : Uint8Array.from(written as Uint8Array);
}
