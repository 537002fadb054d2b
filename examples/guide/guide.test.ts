import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import * as deploy from '@graasp/deploy';
import { type IamPolicy, type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { commands, expectAsKept } from '../commands.fixture.js';
import { runInProcess } from '../script-in-process.fixture.js';
import { account, brokenMigration, images } from './account.js';
import { environment } from './environment.js';

/** Scripts for AWS find a local cloud here, and a run store in memory; the rehearsal starts its own. */
const aws = vi.hoisted(() => ({ cloud: undefined as LocalCloud | undefined, runStore: undefined as deploy.RunStore | undefined }));
vi.mock('@graasp/deploy', async (original) => {
  const library = await original<typeof deploy>();
  const connect: typeof library.connect = (definition, options) => library.connect(definition, { ...aws.cloud?.connection, ...options });
  const discoverEnvironment: typeof library.discoverEnvironment = (options) => library.discoverEnvironment({ ...aws.cloud?.connection, ...options });
  return { ...library, connect, discoverEnvironment, fileRunStore: () => (aws.runStore ??= library.memoryRunStore()) };
});

beforeAll(async () => void (aws.cloud = await startLocalCloud({ blueprint: account, images })));
afterAll(() => aws.cloud?.stop());

beforeEach(() => {
  vi.stubEnv('MAINTENANCE_HEADER_NAME', 'x-operator');
  vi.stubEnv('MAINTENANCE_HEADER_SECRET', 'open-sesame-0123456789');
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A script of the guide. */
async function run(script: string, ...args: readonly string[]): Promise<{ readonly code: unknown; readonly out: string }> {
  const { code, out } = await runInProcess(new URL(script, import.meta.url), ...args);
  return { code, out: stripVTControlCharacters(out) };
}

const guide = readFileSync(new URL('../../GUIDE.md', import.meta.url), 'utf8');
const files = readdirSync(import.meta.dirname).filter((file) => !file.endsWith('.test.ts'));
const textOf = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');

describe('GUIDE.md', () => {
  it('shows each file word for word, under its name, and no other code', () => {
    const shown = [...guide.matchAll(/`([\w.-]+)`[^`\n]*:\n\n```(?:ts|js)\n([\s\S]*?)^```$/gm)].map(([, file, code]) => [file, code]);

    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(files.map((file) => [file, textOf(file)])));
    expect(guide.match(/^```(ts|js)$/gm)).toHaveLength(files.length);
  });

  it('copies each file that it shows, and names those in which a version is to be replaced', () => {
    const copying = commands.get('guide-files') ?? '';
    const directory = mkdtempSync(join(tmpdir(), 'guide-'));
    try {
      symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(directory, 'graasp-deploy'));
      mkdirSync(join(directory, 'shop-releases'));
      execFileSync('bash', ['-ec', copying], { cwd: join(directory, 'shop-releases') });
      expect(readdirSync(join(directory, 'shop-releases')).sort()).toEqual([...files].sort());
    } finally {
      rmSync(directory, { recursive: true });
    }
    const replaced = files.filter((file) => textOf(file).includes('v1.1.0')).map((file) => `\`${file}\``);
    const named = `${replaced.slice(0, -1).join(', ')} and ${replaced.at(-1)}`;
    expect(guide).toContain(copying);
    expect(guide).toContain(`put yours into ${named}.`);
    expect(readFileSync(new URL('../../docs/content/recipes/adopt.mdx', import.meta.url), 'utf8')).toContain(`in ${named}.`);
  });

  it('calls scripts that it shows, and links to what is there', () => {
    const called = [...guide.matchAll(/(?:npx|node --import) tsx ([\w-]+\.ts)/g)].map(([, file]) => file!);
    const linked = [...guide.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, file]) => file!);

    expect([...new Set(called)].sort()).toEqual(['check.ts', 'discover.ts', 'go-on.ts', 'open.ts', 'permissions.ts', 'rehearse.ts', 'release.ts']);
    // by a wrapper that does not wait Ctrl-C would leave no hold
    expect([...guide.matchAll(/^npx tsx ([\w-]+\.ts)/gm)].map(([, file]) => file)).not.toEqual(expect.arrayContaining(['release.ts']));
    expect(linked.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
  });
});

describe('the guide', { timeout: 120_000 }, () => {
  it('discovers what it then shows as reviewed', async () => {
    const { code, out } = await run('discover.ts');
    const { name: _, checks: __, migration: { statusCommand: ___, ...migration } = {}, ...reviewed } = environment;
    const draft = (await deploy.discoverEnvironment({ region: 'eu-central-1', cluster: 'shop' }))._unsafeUnwrap();

    expect(code).toBe(0);
    expect(out).toBe(`${draft.source}\n`);
    expect(draft.definition).toMatchObject({ ...reviewed, migration });
  });

  it('rehearses the release in virtual time', async () => {
    const { code, out } = await run('rehearse.ts');

    await expectAsKept('guide-rehearse', out);
    expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.1\.0 is deployed and the database migrated; visitors are let in/);
    expect(out).toContain('times that code met a schema that it does not fit: 0\n');
    expect(code).toBe(0);
  });

  it('rehearses a migration that fails, and tells how to go on', async () => {
    const { code, out } = await run('rehearse.ts', '--fail');

    await expectAsKept('guide-rehearse-fail', out);
    expect(out).toMatch(/^ {2}Once the cause is gone, run the migration again, and continue:\n {4}resume\(env, deployWithMigration, '\S+', \{ retryMigration: true \}\)$/m);
    // what the status command tells: the old version still fits
    expect(out).toMatch(/^ {2}schema {9}untouched$/m);
    expect(out).toMatch(/^ {4}reopen\(env, \{ run: '\S+' \}\)$/m);
    expect(code).toBe(1);
  });

  it('rehearses it with a real PostgreSQL and real processes', async () => {
    const { code, out } = await run('rehearse.ts', '--real');

    expect(out).toMatch(/^watch it at http:\/\/127\.0\.0\.1:\d+\//m);
    expect(out).toContain('purchase: absent');
    expect(out).toContain('purchase has refunded');
    expect(out).toContain('purchase: id, paid, refunded');
    expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.1\.0 is deployed/);
    expect(out).not.toContain('times that code met');
    expect(code).toBe(0);
  });

  const visit = async () => (await aws.cloud!.connection.fetch('https://shop.test/', { redirect: 'manual' })).status;
  const breakMigration = () => aws.cloud!.pushImage(brokenMigration);
  const mendMigration = () => aws.cloud!.pushImage(images.find(({ reference }) => reference === brokenMigration.reference)!);
  /** Arguments of a call of go-on.ts that was told. */
  const told = (out: string, way: string): readonly string[] => new RegExp(`(?:^ {4}|next: .*)node --import tsx go-on\\.ts (${way} \\S+(?: --retry-migration)?)$`, 'm').exec(out)?.[1]?.split(' ') ?? [];

  const open = expect.stringContaining('What was found is back, and visitors are let in') as string;

  it('prints what who may only look needs, and that is enough to print what a role needs for everything', async () => {
    const role = 'arn:aws:iam::123456789012:role/release';
    const look = await run('permissions.ts', 'look');
    const release = await run('permissions.ts', 'release', role);

    await expectAsKept('guide-permissions-look', look.out);
    await expectAsKept('guide-permissions-release', release.out);
    expect([look.code, release.code]).toEqual([0, 0]);
    await using looked = await startLocalCloud({ blueprint: account, images, iam: { policy: JSON.parse(look.out) as IamPolicy } });
    const env = (await deploy.connect(environment, { ...looked.connection, runStore: deploy.memoryRunStore() }))._unsafeUnwrap();
    const printed = (await deploy.requiredPermissions(env, ['deployWithMigration', 'restoreDb', 'rollBack', 'reopen'], { principal: role }))._unsafeUnwrap();
    expect(printed.policies.map((policy) => `${JSON.stringify(policy, null, 2)}\n`).join('')).toBe(release.out);
    expect((await deploy.setMaintenance(env, 'on'))._unsafeUnwrapErr()).toMatchObject({ kind: 'AccessDenied' });
  });

  it('lets visitors in again after a migration that has changed nothing, by the command that was told', async () => {
    breakMigration();
    const failed = await run('release.ts');
    mendMigration();
    expect(failed.code).toBe(1);
    expect(await visit()).toBe(302);
    const [, failedRun = ''] = told(failed.out, 'reopen');
    const report = await run('go-on.ts', 'report', failedRun);
    expect(report).toMatchObject({ code: 0, out: expect.stringContaining(`go-on.ts reopen ${failedRun}`) as string });
    expect(report.out).toMatch(/MigrationFailed/);
    expect((await run('go-on.ts', 'report', 'r1')).out).toContain('no run r1 of production');
    expect(await visit()).toBe(302);
    expect(await run('go-on.ts', ...told(failed.out, 'reopen'))).toMatchObject({ code: 0, out: open });
    expect(await visit()).toBe(200);
  });

  it('goes back from a version that does not come up, each time by the command that was told last', async () => {
    aws.cloud!.faults.add({ kind: 'service-image', image: 'web-v1.1.0', what: 'crash-loop' });
    const failed = await run('release.ts');
    expect(failed).toMatchObject({ code: 1, out: expect.stringContaining('DeploymentFailed in deploy-core') as string });
    // code that is older than the schema comes with a person's word alone
    expect(await run('go-on.ts', 'roll-back', 'v1.0.0')).toMatchObject({ code: 1, out: expect.stringContaining('Refused in look') as string });
    const [, snapshot = ''] = told(failed.out, 'restore');
    const looked = await run('go-on.ts', 'restore', snapshot, '--look');
    expect(looked).toMatchObject({ code: 1, out: expect.stringMatching(/restoring shop was not confirmed\..* would be kept as shop-before-\S+, .* Nothing was changed\./) as string });
    const restores = () => aws.cloud!.requests.filter(({ operation }) => operation === 'rds:RestoreDBInstanceFromDBSnapshot').length;
    expect(restores()).toBe(0);
    const restored = await run('go-on.ts', ...told(failed.out, 'restore'));
    expect([restored.code, restores()]).toEqual([0, 1]);
    expect(await run('go-on.ts', ...told(restored.out, 'roll-back'))).toMatchObject({ code: 0, out: expect.stringContaining('v1.0.0 is back') as string });
    expect(await visit()).toBe(302);
    expect(await run('go-on.ts', ...told(restored.out, 'reopen'))).toMatchObject({ code: 0, out: open });
    expect(await visit()).toBe(200);
    aws.cloud!.faults.clear();
  });

  it('checks, releases behind the gate, goes on after a failure by the command that it names, and opens', async () => {
    expect(await run('check.ts')).toMatchObject({ code: 0, out: expect.stringMatching(/ 0 failed\n/) as string });
    breakMigration();
    const { out } = await run('release.ts');
    mendMigration();
    const [way = '', failed = '', retry] = told(out, 'resume');
    expect(retry).toBe('--retry-migration');
    expect(await run('go-on.ts', way, failed)).toMatchObject({ code: 1, out: expect.stringContaining('was not run again') as string });
    expect(await run('go-on.ts', way, failed, '--retry-migration')).toMatchObject({ code: 0, out: expect.stringContaining('v1.1.0 is deployed and the database migrated; visitors are still kept out') as string });
    expect(await visit()).toBe(302);
    expect((await run('open.ts')).code).toBe(0);
    expect(await visit()).toBe(200);
  });

  it('knows no other calls than those of the guide', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const ways = expect.stringContaining('go-on.ts resume RUN | reopen RUN') as string;
    for (const args of [['resum', 'r1'], ['resume', 'r1', '--retry'], ['reopen', 'r1', '--look'], ['reopen'], ['release-hold', 'r1'], ['report'], ['report', 'r1', '--old-code-fits'], []]) await expect(run('go-on.ts', ...args)).rejects.toThrow('exit 2');
    await expect(run('permissions.ts', 'everything')).rejects.toThrow('exit 2');
    await expect(run('rehearse.ts', '--fial')).rejects.toThrow('exit 2');
    expect(told.mock.calls).toEqual([...Array.from({ length: 8 }, () => [ways]), ['permissions.ts release [ARN of the role] | look'], ['--fial: unknown; there are --real and --fail']]);
    expect(exit).toHaveBeenCalledTimes(10);
  });
});
