import path from 'node:path';
import { connect, type DiscoveredEnvironment, discoverEnvironment, type DiscoverEnvironmentOptions, type EnvironmentDefinition, preflight } from '@graasp/deploy';
import * as deploy from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import ts from 'typescript';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ExampleEnvironment, everyEnvironment, secrets } from '../examples/environments/every-environment.fixture.js';

const [graasp, , notes, campus] = everyEnvironment as readonly [ExampleEnvironment, ExampleEnvironment, ExampleEnvironment, ExampleEnvironment];

const clouds: LocalCloud[] = [];
beforeEach(() => Object.entries(secrets).forEach(([name, value]) => vi.stubEnv(name, value)));
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const cloud of clouds.splice(0)) await cloud.stop();
});

async function start({ blueprint, images }: ExampleEnvironment, actions?: readonly string[]): Promise<LocalCloud> {
  const iam = actions === undefined ? {} : { iam: { policy: { Statement: [{ Effect: 'Allow' as const, Action: [...actions], Resource: ['*'] }] } } };
  const cloud = await startLocalCloud({ blueprint, images, ...iam });
  clouds.push(cloud);
  return cloud;
}

const nameOf = ({ blueprint: { region, cluster } }: ExampleEnvironment) => ({ region, cluster });

/** The cloud, with a service of a kind that it has none of. */
function withServiceOf({ connection: { aws } }: LocalCloud, name: string, changes: object) {
  const { handle } = aws.requestHandler as { handle(request: object, options: object): Promise<{ response: { body: Uint8Array } }> };
  const changed = (service: { readonly serviceName: string }) => (service.serviceName === name ? { ...service, ...changes } : service);
  const requestHandler = {
    ...aws.requestHandler,
    async handle(request: { readonly headers: Readonly<Record<string, string>> }, options: object) {
      const answer = await handle(request, options);
      if (request.headers['x-amz-target']?.endsWith('.DescribeServices') !== true) return answer;
      const told = JSON.parse(new TextDecoder().decode(answer.response.body)) as { services: { readonly serviceName: string }[] };
      answer.response.body = new TextEncoder().encode(JSON.stringify({ ...told, services: told.services.map(changed) }));
      return answer;
    },
  };
  return { ...aws, requestHandler };
}

/** What is wrong with files of TypeScript, as the compiler says it with this repository's options; of the library they see what they import. */
function compilerSays(sources: readonly string[]): readonly string[] {
  const root = path.resolve(import.meta.dirname, '..');
  const inTest = (name: string) => path.join(root, 'test', name);
  const library = `export { defineEnvironment } from '../packages/deploy/src/environment/define-environment.js';\nexport { secretFromEnv } from '../packages/deploy/src/environment/definition.js';\n`;
  const drafts = sources.map((source, index) => [inTest(`draft-${index}.ts`), source] as const);
  const files = new Map([...drafts, [inTest('library.ts'), library]]);
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => (files.has(name) ? ts.createSourceFile(name, files.get(name)!, { languageVersion: ts.ScriptTarget.ES2023, impliedNodeFormat: ts.ModuleKind.ESNext }, true) : getSourceFile.call(host, name, ...rest));
  const program = ts.createProgram([...files.keys()], { ...options, paths: { '@graasp/deploy': ['./test/library.ts'] } }, host);
  return drafts.map(([name]) => ts.formatDiagnostics(ts.getPreEmitDiagnostics(program, program.getSourceFile(name)), { getCanonicalFileName: (file) => file, getCurrentDirectory: () => root, getNewLine: () => '\n' }));
}

/** The definition that a file exports. */
function evaluated(source: string): EnvironmentDefinition {
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023 } });
  const exported: { environment?: EnvironmentDefinition } = {};
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- a draft is a program
  new Function('require', 'exports', outputText)(() => deploy, exported);
  return exported.environment!;
}

/** What a person says to the questions of a draft: what the definition in `examples/` says. Nothing that the draft has is changed. */
function answered({ definition, unknowns }: DiscoveredEnvironment, own: EnvironmentDefinition): EnvironmentDefinition {
  const filled = structuredClone(definition);
  for (const { path: at } of unknowns) {
    const keys = at.split('.');
    const last = keys.pop()!;
    const [from, to] = [own, filled].map((root) => keys.reduce<Record<string, unknown> | undefined>((inner, key) => inner?.[key] as Record<string, unknown> | undefined, root as unknown as Record<string, unknown>));
    if (from?.[last] !== undefined && to !== undefined) to[last] ??= from[last];
  }
  return filled;
}

describe.each([graasp, notes, campus])('discoverEnvironment of $name', { timeout: 120_000 }, (environment) => {
  const { definition: own, blueprint, version } = environment;

  it('drafts what a person has written, as far as it goes, and preflight passes with the questions answered', async () => {
    const cloud = await start(environment);
    const before = cloud.requests.length;
    const draft = (await discoverEnvironment({ ...nameOf(environment), ...cloud.connection }))._unsafeUnwrap();

    expect(cloud.requests.slice(before).filter(({ operation }) => !/:(Describe|List|Get)/.test(operation))).toEqual([]);
    const particulars = ({ region, cluster, loadBalancer, database, services, migration, images }: EnvironmentDefinition) => ({
      ...{ region, cluster, loadBalancer, database },
      services: Object.fromEntries(Object.entries(services).map(([name, { role, desiredCount, release }]) => [name, { role, desiredCount, release }])),
      migration: { taskDefinitionFamily: migration?.taskDefinitionFamily, tag: migration?.tag },
      repository: images?.repository,
    });
    expect(particulars(draft.definition)).toEqual(particulars(own));
    expect(evaluated(draft.source)).toEqual(draft.definition);
    expect(draft.source).not.toContain(blueprint.database.masterPassword);
    for (const { text } of [...draft.guesses, ...draft.unknowns]) expect(draft.source).toContain(text);

    const env = (await connect(answered(draft, own), cloud.connection))._unsafeUnwrap();
    expect((await preflight(env, { version })).mapErr(({ message }) => message).isOk()).toBe(true);
  });
});

describe('discoverEnvironment', () => {
  const needed = [
    ...['ecs:ListServices', 'ecs:DescribeServices', 'ecs:DescribeTaskDefinition', 'ecs:ListTaskDefinitionFamilies', 'application-autoscaling:DescribeScalableTargets'],
    ...['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeListeners', 'elasticloadbalancing:DescribeRules', 'elasticloadbalancing:DescribeLoadBalancers'],
    ...['rds:DescribeDBInstances', 'ecr:DescribeImages'],
  ];
  const options = { ...nameOf(notes), loadBalancer: 'notes' };

  it('drafts files that the compiler takes', { timeout: 120_000 }, async () => {
    const sources: string[] = [];
    for (const environment of [graasp, notes, campus]) sources.push((await discoverEnvironment({ ...nameOf(environment), ...(await start(environment)).connection }))._unsafeUnwrap().source);

    const [wrong, ...others] = compilerSays([sources[0]!.replace("networkOf: 'graasp'", "networkOf: 'nobody'"), ...sources]);
    expect(others).toEqual(['', '', '']);
    expect(wrong).toContain("'\"nobody\"'");
  });

  it('needs what it says, and nothing else', async () => {
    const cloud = await start(notes, needed);

    expect((await discoverEnvironment({ ...options, ...cloud.connection })).isOk()).toBe(true);
  });

  it.each(needed)('says so without %s', async (action) => {
    const cloud = await start(notes, needed.filter((other) => other !== action));

    expect((await discoverEnvironment({ ...options, ...cloud.connection }))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied', action });
  });

  it('refuses everything that is wrong at once, before any call', async () => {
    const cloud = await start(notes);
    const before = cloud.requests.length;
    const wrong = { region: 'Ireland', cluster: 'a cluster', loadBalancer: 'a/b', database: '1', clock: {}, signal: 1, fetch: 'fetch', dryRun: true, aws: cloud.connection.aws } as unknown as DiscoverEnvironmentOptions;

    expect((await discoverEnvironment(wrong))._unsafeUnwrapErr()).toMatchObject({
      kind: 'InvalidInput',
      problems: [
        'dryRun: unknown option; known are region, cluster, loadBalancer, database, aws, fetch, clock, signal',
        "region: expected an AWS region like 'eu-central-1', got 'Ireland' (string)",
        "cluster: expected the name of an ECS cluster, got 'a cluster' (string)",
        "loadBalancer: expected the name of a load balancer, got 'a/b' (string)",
        "database: expected the identifier of an RDS instance, got '1' (string)",
        "fetch: expected a function like fetch, got 'fetch' (string)",
        'clock: expected a Clock, got one (object)',
        'signal: expected an AbortSignal, got 1 (number)',
      ],
    });
    expect((await discoverEnvironment(undefined as never))._unsafeUnwrapErr()).toMatchObject({ problems: ['options: expected an object, got nothing'] });
    expect(cloud.requests.length).toBe(before);
  });

  it.each([
    ['cluster', { region: 'eu-west-1', cluster: 'memos' }],
    ['load balancer', { ...options, loadBalancer: 'memos' }],
  ])('tells of a %s that is not there', async (resource, wrong) => {
    const cloud = await start(notes);

    expect((await discoverEnvironment({ ...wrong, ...cloud.connection }))._unsafeUnwrapErr()).toMatchObject({ kind: 'NotFound', resource, name: 'memos', remedy: 'Check the names that discoverEnvironment was given, the region, and whose credentials are in use.' });
  });

  it.each([
    [{ deploymentController: { type: 'EXTERNAL' }, taskDefinition: undefined }, 'it is deployed by EXTERNAL, not by ECS'],
    [{ deploymentController: { type: 'CODE_DEPLOY' } }, 'it is deployed by CODE_DEPLOY, not by ECS'],
    [{ schedulingStrategy: 'DAEMON' }, 'it has the scheduling strategy DAEMON'],
  ])('drafts a service that this library cannot deploy, %j, and says so', async (changes, why) => {
    const cloud = await start(graasp);
    const draft = (await discoverEnvironment({ ...nameOf(graasp), ...cloud.connection, aws: withServiceOf(cloud, 'redis', changes) }))._unsafeUnwrap();

    expect(draft.unknowns).toContainEqual({ path: 'services.redis', text: expect.stringContaining(`${why}: preflight refuses it`) as string });
    expect(evaluated(draft.source)).toEqual(draft.definition);
    const env = (await connect(draft.definition, { ...cloud.connection, aws: withServiceOf(cloud, 'redis', changes) }))._unsafeUnwrap();
    expect((await preflight(env, { version: graasp.version }))._unsafeUnwrapErr()).toMatchObject({ kind: 'PreflightFailed', message: expect.stringContaining(`redis ${why.replace('it ', '')}`) as string });
  });

  it('asks about doors behind the same listener that lead to no service of the cluster', async () => {
    const { loadBalancer, targetGroups } = graasp.blueprint;
    const listeners = loadBalancer.listeners.map((listener) => ({ ...listener, rules: [...(listener.rules ?? []), { priority: 9_000, name: 'theirs', conditions: [{ hostHeader: ['theirs.test'] }], action: { forward: 'theirs' } }] }));
    const shared = { ...graasp, blueprint: { ...graasp.blueprint, loadBalancer: { ...loadBalancer, listeners }, targetGroups: [...targetGroups, { ...targetGroups[0]!, name: 'theirs' }] } };
    const [alone, together] = [await start(graasp), await start(shared)];
    const asked = async ({ connection }: LocalCloud) => (await discoverEnvironment({ ...nameOf(graasp), ...connection }))._unsafeUnwrap().unknowns.filter(({ text }) => text.includes('lead to no service'));

    // Graasp's dev has one of a service that is gone
    expect(await asked(alone)).toEqual([{ path: 'maintenance', text: expect.stringMatching(/^collab\.dev\.graasp\.org of the same listener/) as string }]);
    expect(await asked(together)).toEqual([{ path: 'maintenance', text: expect.stringMatching(/^collab\.dev\.graasp\.org, theirs\.test of the same listener/) as string }]);
  });

  it('ends when its signal is aborted', async () => {
    const cloud = await start(notes);

    expect((await discoverEnvironment({ ...options, ...cloud.connection, signal: AbortSignal.abort() }))._unsafeUnwrapErr().kind).toBe('Aborted');
  });
});
