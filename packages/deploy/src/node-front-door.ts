import { frontDoorFromFetch, type FrontDoor, type FrontDoorAnswer, type FrontDoorRequest } from './front-door.js';

/** Wall-clock time of one request to the front door: a balancer that says nothing for so long is not there for visitors either. */
const ioTimeoutMs = 10_000;

/**
 * The front door as Node can look at it: each address behind the balancer's name by itself, TLS and Host as a visitor's browser would
 * send them, a new connection every time. Node's modules are asked for at run time (`process.getBuiltinModule`), so that a bundle for
 * a page needs none of them; where there is no Node, `fetch` has to do.
 */
export function nodeFrontDoor(): FrontDoor {
  if (typeof globalThis.process?.getBuiltinModule !== 'function') return frontDoorFromFetch((...request) => globalThis.fetch(...request));
  return {
    addresses: async (dnsName) => {
      const found = await process.getBuiltinModule('node:dns/promises').lookup(dnsName, { all: true });
      return [...new Set(found.map(({ address }) => address))].sort();
    },
    request: send,
  };
}

function send({ url, address, headers, signal }: FrontDoorRequest): Promise<FrontDoorAnswer> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const { request } = protocol === 'http:' ? process.getBuiltinModule('node:http') : process.getBuiltinModule('node:https');
  const tls = protocol === 'http:' ? {} : { servername: hostname };
  const options = { ...tls, host: address ?? hostname, port: port === '' ? undefined : port, path: `${pathname}${search}`, headers: { ...headers, host }, agent: false, signal, timeout: ioTimeoutMs };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => void answerOf(response).then(resolve, reject));
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${host} within ${ioTimeoutMs / 1000} s`)));
    sent.on('error', reject);
    sent.end();
  });
}

/** What is used of Node's answer: its own type would be an import of node:http. */
interface NodeAnswer extends AsyncIterable<unknown> {
  readonly statusCode?: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  setEncoding(encoding: 'utf8'): unknown;
}

async function answerOf(response: NodeAnswer): Promise<FrontDoorAnswer> {
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += chunk as string;
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));
  return { status: response.statusCode ?? 0, location: headers['location'] ?? null, headers, body };
}
