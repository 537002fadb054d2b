import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { test } from '@fast-check/vitest';
import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shopBlueprint, shopImages } from './shop.js';

let cloud: LocalCloud;
let ecs: ECSClient;
beforeAll(async () => {
  cloud = await startLocalCloud({ blueprint: { ...shopBlueprint, buckets: ['shop-files'] }, images: shopImages, http: true });
  ecs = new ECSClient({ region: 'eu-central-1', endpoint: cloud.url!, credentials: cloud.connection.aws.credentials, maxAttempts: 1 });
});
afterAll(() => cloud.stop());

const signedBy = (service: string) => ({ authorization: `AWS4-HMAC-SHA256 Credential=KEY/20261123/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=0` });

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** With Node's own client, which sends what `fetch` would refuse to. */
function send({ method, path, headers, body }: Sent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(cloud.url!, { method, path, headers: { ...headers, 'content-length': Buffer.byteLength(body) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(chunks).toString() }));
    });
    sent.once('error', reject).end(body);
  });
}

/** A request that is right is answered, and nothing in the cloud has broken. */
async function expectWell(): Promise<void> {
  const { clusters } = await ecs.send(new DescribeClustersCommand({ clusters: ['shop'] }));
  expect(clusters).toMatchObject([{ clusterName: 'shop', status: 'ACTIVE' }]);
  expect(cloud.inspect.defects).toEqual([]);
}

/** As AWS words an error: JSON with its type (registries: with a list of them), or XML with its code; an answer without a body has a status alone. */
function expectAwsShaped({ status, type, text }: Answered): void {
  // 501: an operation that the cloud does not have, which it says by name
  expect(status < 500 || status === 501).toBe(true);
  if (status < 400 || text === '') return;
  if (type.includes('json')) expect(text).toMatch(/^\{"__type":"\w+","message":"|^\{"errors":\[\{"code":"\w+"/);
  else if (type.includes('cbor')) expect(text).toContain('__type');
  else expect(text).toMatch(/<Code>[\w.]+<\/Code>/);
}

const depth = 50_000;
const nested = (open: string, close: string) => `${open.repeat(depth)}${close.repeat(depth)}`;
const bomb = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "${'a'.repeat(1000)}">${'bcdefghij'.split('').map((name, index) => `<!ENTITY ${name} "${`&${'abcdefghi'[index]!};`.repeat(10)}">`).join('')}]><CreateBucketConfiguration><LocationConstraint>&j;</LocationConstraint></CreateBucketConfiguration>`;
const outside = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><CreateBucketConfiguration><LocationConstraint>&x;</LocationConstraint></CreateBucketConfiguration>';

const json = (operation: string, body: Sent['body']): Sent => ({ method: 'POST', path: '/', headers: { ...signedBy('ecs'), 'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`, 'content-type': 'application/x-amz-json-1.1' }, body });
const form = (body: Sent['body'], path = '/'): Sent => ({ method: 'POST', path, headers: { ...signedBy('rds'), 'content-type': 'application/x-www-form-urlencoded' }, body });
const s3 = (method: string, path: string, body: Sent['body']): Sent => ({ method, path, headers: signedBy('s3'), body });
const cloudfront = (method: string, path: string, body: Sent['body']): Sent => ({ method, path, headers: signedBy('cloudfront'), body });
const rds = 'Action=DescribeDBInstances&Version=2014-10-31';

const known: readonly (readonly [string, Sent])[] = [
  ['deeply nested JSON', json('DescribeClusters', `{"clusters":${nested('[', ']')}}`)],
  ['a deeply nested JSON object in a member that takes anything', json('RegisterTaskDefinition', `{"family":"a","containerDefinitions":[{"name":"a","image":"b","dockerLabels":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}]}`)],
  ['keys of the prototype', json('DescribeClusters', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"clusters":["shop"]}')],
  ['an operation of the prototype', json('constructor', '{}')],
  ['an operation of the prototype in a form', form('Action=__proto__&Version=2014-10-31')],
  ['a form with a path through the prototype', form(`${rds}&Filters.__proto__.polluted=1&Filters.constructor.prototype.polluted=1`)],
  ['a form of very many dots', form(`${rds}&${'a.'.repeat(depth)}=1`)],
  ['a form with a list of which one entry is far away', form(`${rds}&Filters.Filter.99999999999999999999.Name=a`)],
  ['a form that is no UTF-8', form(Buffer.from([...Buffer.from(`${rds}&DBInstanceIdentifier=`), 0xff, 0xfe, 0x00, 0x25, 0x5a]))],
  ['XML entities that grow', s3('PUT', '/another', bomb)],
  ['an XML entity from a file', s3('PUT', '/another', outside)],
  ['deeply nested XML', s3('PUT', '/another', nested('<a>', '</a>'))],
  ['deeply nested XML for a distribution', cloudfront('PUT', '/2020-05-31/distribution/E1/config', `<DistributionConfig>${nested('<a>', '</a>')}</DistributionConfig>`)],
  ['XML that is none', cloudfront('PUT', '/2020-05-31/distribution/E1/config', '<DistributionConfig><')],
  ['a path that cannot be decoded', s3('GET', '/shop-files/%ff%zz', '')],
  ['a path that leads up', s3('GET', '/shop-files/../../../etc/passwd', '')],
  ['a path that is a host', { method: 'GET', path: '//', headers: signedBy('s3'), body: '' }],
  ['a path that is an address', { method: 'GET', path: 'http://[', headers: signedBy('s3'), body: '' }],
  ['a host that is none', { method: 'POST', path: '/', headers: { ...signedBy('ecs'), host: 'a b%' }, body: '{}' }],
  ['a registry without a sound login', { method: 'GET', path: '/v2/shop/manifests/%E0%A4%A', headers: { authorization: 'Basic %%%' }, body: '' }],
  ['a body of CBOR that ends too early', { method: 'POST', path: '/service/GraniteServiceVersion20100801/operation/GetMetricData', headers: signedBy('monitoring'), body: Buffer.from([0xbf, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) }],
  ['deeply nested CBOR', { method: 'POST', path: '/service/GraniteServiceVersion20100801/operation/GetMetricData', headers: signedBy('monitoring'), body: Buffer.alloc(depth, 0x81) }],
  ['chunks whose size leads back to where they began', { ...s3('PUT', '/shop-files/a', '-6\r\nhello\r\n0\r\n\r\n'), headers: { ...signedBy('s3'), 'content-encoding': 'aws-chunked' } }],
  ['a body that is too large', json('DescribeClusters', `{"clusters":["${'a'.repeat(5 * 1024 * 1024)}"]}`)],
];

describe('the local cloud over HTTP', () => {
  it('is to be reached on this machine alone', () => {
    expect(new URL(cloud.url!).hostname).toBe('127.0.0.1');
  });

  it.each(known)('answers %s with an error as AWS words it, or as it answers what is right, and goes on', async (_, sent) => {
    expectAwsShaped(await send(sent));
    expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
    await expectWell();
  });

  const pieces = fc.oneof(
    fc.constantFrom('DescribeClusters', 'DescribeServices', 'RunTask', 'UpdateService', 'RegisterTaskDefinition', 'ListTasks', 'Nothing', '__proto__', 'toString'),
    fc.string(),
  );
  const anyBody = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map(String), fc.string({ unit: 'binary' }), fc.record({ cluster: fc.jsonValue(), services: fc.jsonValue(), service: fc.jsonValue(), family: fc.jsonValue(), containerDefinitions: fc.jsonValue(), tasks: fc.jsonValue() }, { requiredKeys: [] }).map((value) => JSON.stringify(value)));
  const anyForm = fc
    .tuple(fc.constantFrom('DescribeDBInstances', 'ModifyDBInstance', 'CreateDBSnapshot', 'DescribeRules', 'ModifyRule', 'CreateRule', 'GetCallerIdentity', 'Nothing', 'constructor'), fc.constantFrom('2014-10-31', '2015-12-01', '2011-06-15', '1'), fc.array(fc.tuple(fc.constantFrom('Filters.Filter.1.Name', 'Conditions.member.1.Values', 'RuleArn', 'Priority', 'DBInstanceIdentifier', 'Tags.Tag.1.Key', 'a..b', '.', '__proto__', 'MaxRecords', 'Marker'), fc.string())))
    .map(([action, version, fields]) => new URLSearchParams([['Action', action], ['Version', version], ...fields]).toString());
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PROPFIND');
  const path = fc.oneof(fc.constantFrom('/', '/shop-files', '/shop-files/a', '/another', '/2020-05-31/distribution', '/2020-05-31/distribution/E1/config', '/v2/', '/service/a/operation/b'), fc.webPath().map((text) => `/${text.replace(/^\/+/, '')}`), fc.webQueryParameters().map((query) => `/shop-files?${query}`));
  const requests: fc.Arbitrary<Sent> = fc.oneof(
    fc.tuple(pieces, anyBody).map(([operation, body]) => json(operation.replace(/[^\x21-\x7e]/g, '_'), body)),
    anyForm.map((body) => form(body)),
    fc.tuple(method, path, anyBody).map(([verb, at, body]) => s3(verb, at, body)),
    fc.tuple(method, path, anyBody).map(([verb, at, body]) => cloudfront(verb, at, body)),
    fc.tuple(method, path, anyBody, fc.string().map((text) => text.replace(/[^\x20-\x7e]/g, ''))).map(([verb, at, body, authorization]) => ({ method: verb, path: at, headers: { authorization }, body })),
  );

  test.prop([requests], { numRuns: 400 })('answers whatever is sent, without a failure of its own', async (sent) => {
    const answered = await send(sent);
    expect(answered.status).toBeGreaterThanOrEqual(200);
    expect(answered.text).not.toContain('InternalFailure');
    expect(cloud.inspect.defects).toEqual([]);
  });

  it('goes on beside connections that say nothing, half a thing, or what is no HTTP', async () => {
    const { port } = new URL(cloud.url!);
    const said = ['', 'POST / HT', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', '\0\xff\r\n\r\n', `GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(5_000)}\r\n`, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'];
    const sockets = said.map((text) => {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
      socket.write(text, 'latin1');
      return socket;
    });
    try {
      await expectWell();
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await expectWell();
  });
});
