import { cbor, CborCodec } from '@smithy/core/cbor';
import { ServiceFault } from '../context.js';
import { queryErrorHeader } from './json-protocol.js';
import type { Protocol } from './protocol.js';

const headers = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };

/** Smithy RPC v2 in CBOR, which newer botocores prefer for CloudWatch. */
export function cborProtocol(): Protocol {
  const codec = new CborCodec();
  return {
    name: 'cbor',
    readInput: ({ input }, { body }) => {
      if (input.isUnitSchema() || body.byteLength === 0) return {};
      try {
        return codec.createDeserializer().read(input, body) as unknown;
      } catch {
        throw new ServiceFault('SerializationException', 'The body of the request is not CBOR.');
      }
    },
    writeOutput: (_service, { output }, value) => {
      if (output.isUnitSchema()) return { headers, body: cbor.serialize({}) };
      const serializer = codec.createSerializer();
      serializer.write(output, value ?? {});
      return { headers, body: Uint8Array.from(serializer.flush()) };
    },
    writeError: (service, error) => ({
      headers: { ...headers, ...queryErrorHeader(service, error) },
      body: cbor.serialize({ __type: error.schema?.schema.getName(true) ?? error.code, message: error.message, ...error.detail }),
    }),
  };
}
