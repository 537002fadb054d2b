import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Rule } from '../aws/elbv2.js';
import { graaspTargetGroup, headerName, headerValue, testEnvironment } from '../environment/environment.fixture.js';
import { internals } from '../environment/environment.js';
import type { FrontDoor, FrontDoorAnswer } from '../front-door.js';
import { proveClosed, proveOpen, urlOf } from './prove-gate.js';
import { gateOf } from './read-gate.js';

const ecs = mockClient(ECSClient);

beforeEach(() => {
  ecs.reset();
  ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((serviceName) => ({ serviceName, desiredCount: 1 })) }));
});

const header = { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: headerName, Values: [headerValue] } };
const hosts = (...Values: string[]) => ({ Field: 'host-header', HostHeaderConfig: { Values } });
const paths = (...Values: string[]) => ({ Field: 'path-pattern', PathPatternConfig: { Values } });
const regex = { Field: 'host-header', HostHeaderConfig: { RegexValues: [String.raw`^.*\.re\.graasp\.org$`] } };
const post = { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['POST'] } };
const rule = (priority: number, Conditions: Rule['Conditions'], group = graaspTargetGroup): Rule => ({ RuleArn: `r${priority}`, Priority: String(priority), Conditions, Actions: [{ Type: 'forward', TargetGroupArn: group }] });
const byDefault: Rule = { RuleArn: 'd', Priority: 'default', IsDefault: true, Actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.dev.graasp.org', StatusCode: 'HTTP_302' } }] };

/** Which door answers with which status; the others send visitors to the maintenance page. */
function doors(statuses: Readonly<Record<string, number>>): FrontDoor {
  return {
    addresses: () => Promise.resolve(['10.0.0.1']),
    request: ({ url }) => {
      const status = statuses[url.replace('https://', '')] ?? 302;
      return Promise.resolve({ status, location: status === 302 ? 'https://maintenance.dev.graasp.org/' : null, headers: {}, body: '' });
    },
  };
}

function at(statuses: Readonly<Record<string, number>>, rules: readonly Rule[]) {
  const env = testEnvironment({ internals: { frontDoor: doors(statuses) } });
  return { env, gate: gateOf(env, [...rules, byDefault], []) };
}

describe('proveClosed', () => {
  it('looks at every host of a rule', async () => {
    const { env, gate } = at({ 'two.graasp.org/': 200 }, [rule(1, [hosts('one.graasp.org', 'two.graasp.org'), header])]);
    expect((await proveClosed(env, gate, 30))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: 'two.graasp.org/ still answers 200' });
  });

  it('looks at every path of every host', async () => {
    const { env, gate } = at({ 'two.graasp.org/ws': 200 }, [rule(1, [hosts('one.graasp.org', 'two.graasp.org'), paths('/api/*', '/ws'), header])]);
    expect((await proveClosed(env, gate, 30))._unsafeUnwrapErr()).toMatchObject({ lastSeen: 'two.graasp.org/ws still answers 200' });
  });

  it('proves nothing while the default action forwards visitors', async () => {
    const { env } = at({}, []);
    const forwarding: Rule = { ...byDefault, Actions: [{ Type: 'forward', TargetGroupArn: graaspTargetGroup }] };
    const gate = gateOf(env, [rule(1, [hosts('one.graasp.org'), header]), forwarding], []);
    expect((await proveClosed(env, gate, 30))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut' });
  });

  it('names the rules that no request shows closed, and warns of them', async () => {
    const { env, gate } = at({}, [rule(1, [hosts('one.graasp.org'), header]), rule(2, [regex, header]), rule(3, [hosts('one.graasp.org'), post, header])]);
    expect((await proveClosed(env, gate, 30))._unsafeUnwrap()).toMatchObject({ hosts: ['one.graasp.org'], unseen: [String.raw`rule 2 (^.*\.re\.graasp\.org$)`, 'rule 3 (one.graasp.org)'] });
    expect(env.events).toContainEqual({ type: 'warning', message: String.raw`no request shows from outside whether visitors get through rule 2 (^.*\.re\.graasp\.org$), rule 3 (one.graasp.org): look at them yourself` });
  });
});

describe('proveClosed, by what the default action answers', () => {
  const fixed = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'Back soon' } } as const;
  const silent = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } } as const;
  const elsewhere = { Type: 'redirect', RedirectConfig: { Host: 'down.org', Path: '/#{path}', StatusCode: 'HTTP_301' } } as const;
  const page = { Type: 'redirect', RedirectConfig: { Path: '/maintenance', StatusCode: 'HTTP_302' } } as const;
  const found = (action: NonNullable<Rule['Actions']>[number], given: Partial<FrontDoorAnswer>) => {
    const answer = { status: 302, location: null, headers: {}, body: '', ...given };
    const env = testEnvironment({ internals: { frontDoor: { addresses: () => Promise.resolve(['10.0.0.1']), request: () => Promise.resolve(answer) } } });
    return proveClosed(env, gateOf(env, [rule(1, [hosts('one.graasp.org'), header]), { ...byDefault, Actions: [action] }], []), 30);
  };

  it.each([
    ['a page of fixed text', fixed, { status: 503, body: 'Back soon' }],
    ['a fixed answer without a text', silent, { status: 503 }],
    ['a permanent redirect that keeps the path', elsewhere, { status: 301, location: 'https://down.org/anything' }],
    ['a redirect to a page of the same host', page, { location: 'https://one.graasp.org/maintenance' }],
  ])('knows visitors to be kept out by %s', async (_, action, answer) => {
    expect((await found(action, answer))._unsafeUnwrap()).toMatchObject({ hosts: ['one.graasp.org'], addresses: 1 });
  });

  it.each([
    ['an error of the balancer for the fixed text', fixed, { status: 503, body: '<h1>503</h1>' }, '503'],
    ['a temporary redirect for a permanent one', elsewhere, { location: 'https://down.org/' }, '302 to https://down.org/'],
    ['a login page of the same host for the maintenance page', page, { location: 'https://one.graasp.org/login' }, '302 to https://one.graasp.org/login'],
    ['a redirect to a path alone, which no balancer sends,', page, { location: '/maintenance' }, '302 to /maintenance'],
  ])('does not take %s', async (_, action, answer, seen) => {
    expect((await found(action, answer))._unsafeUnwrapErr()).toMatchObject({ kind: 'TimedOut', lastSeen: `one.graasp.org/ still answers ${seen}` });
  });
});

describe('a front door that cannot be looked at', () => {
  const last = async (frontDoor: Partial<FrontDoor>) => {
    const env = testEnvironment({ internals: { frontDoor: { ...doors({}), ...frontDoor } } });
    return (await proveClosed(env, gateOf(env, [rule(1, [hosts('one.graasp.org'), header]), byDefault], []), 30))._unsafeUnwrapErr();
  };

  it('proves nothing while the name of the balancer does not resolve', async () => {
    const seen = { kind: 'TimedOut', lastSeen: 'graasp-dev.elb.amazonaws.com does not resolve' };
    expect(await last({ addresses: () => Promise.resolve([]) })).toMatchObject(seen);
    expect(await last({ addresses: () => Promise.reject(new Error('ENOTFOUND')) })).toMatchObject(seen);
  });

  it('tells why a door does not answer, whatever was thrown', async () => {
    expect(await last({ request: () => Promise.reject(new Error('connect ETIMEDOUT')) })).toMatchObject({ lastSeen: 'one.graasp.org does not answer: connect ETIMEDOUT' });
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a fetch that is given may throw anything
    expect(await last({ request: () => Promise.reject('offline') })).toMatchObject({ lastSeen: 'one.graasp.org does not answer: offline' });
  });
});

describe('urlOf', () => {
  it.each([
    ['HTTPS', 443, 'https://one.graasp.org/api'],
    ['HTTPS', 8443, 'https://one.graasp.org:8443/api'],
    ['HTTP', 80, 'http://one.graasp.org/api'],
    ['HTTP', 443, 'http://one.graasp.org:443/api'],
  ])('asks a listener of %s on port %i by %s', (listenerProtocol, listenerPort, url) => {
    const { found } = testEnvironment()[internals];
    const env = testEnvironment({ internals: { found: { ...found, listenerProtocol, listenerPort } } });
    expect(urlOf(env, { host: 'one.graasp.org', path: '/api', headers: {} })).toBe(url);
  });
});

describe('proveOpen', () => {
  const collab = rule(2, [hosts('collab.graasp.org')], 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/collab/9999');
  const graasp = rule(1, [hosts('api.graasp.org')]);

  it('lets a door be broken that no declared service is behind', async () => {
    const { env, gate } = at({ 'api.graasp.org/': 200, 'collab.graasp.org/': 502 }, [graasp, collab]);
    expect((await proveOpen(env, gate, gate.gated, 30))._unsafeUnwrap()).toMatchObject({ hosts: ['api.graasp.org', 'collab.graasp.org'], unseen: [] });
  });

  it('still wants that door to lead elsewhere than to the maintenance page', async () => {
    const { env, gate } = at({ 'api.graasp.org/': 200 }, [graasp, collab]);
    expect((await proveOpen(env, gate, gate.gated, 30))._unsafeUnwrapErr()).toMatchObject({ lastSeen: 'collab.graasp.org/ answers 302 to https://maintenance.dev.graasp.org/' });
  });

  it('wants the door of a service that runs to work', async () => {
    const { env, gate } = at({ 'api.graasp.org/': 503, 'collab.graasp.org/': 200 }, [graasp, collab]);
    expect((await proveOpen(env, gate, gate.gated, 30))._unsafeUnwrapErr()).toMatchObject({ lastSeen: 'api.graasp.org/ answers 503' });
  });

  it('does not want the door of a service that is scaled to 0 to work', async () => {
    ecs.on(DescribeServicesCommand).callsFake(({ services }: { services: string[] }) => ({ services: services.map((serviceName) => ({ serviceName, desiredCount: 0 })) }));
    const { env, gate } = at({ 'api.graasp.org/': 503 }, [graasp]);
    expect((await proveOpen(env, gate, gate.gated, 30)).isOk()).toBe(true);
  });
});
