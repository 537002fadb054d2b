import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import * as deploy from '@graasp/deploy';
import { type LocalCloud, startLocalCloud } from '@graasp/local-cloud';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runInProcess } from '../script-in-process.fixture.js';
import { account, images } from './account.js';
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

  it('calls scripts that it shows, and links to what is there', () => {
    const called = [...guide.matchAll(/(?:npx|node --import) tsx ([\w-]+\.ts)/g)].map(([, file]) => file!);
    const linked = [...guide.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, file]) => file!);

    expect([...new Set(called)].sort()).toEqual(['check.ts', 'discover.ts', 'go-on.ts', 'open.ts', 'rehearse.ts', 'release.ts']);
    // by a wrapper that does not wait Ctrl-C would leave no hold
    expect([...guide.matchAll(/^npx tsx ([\w-]+\.ts)/gm)].map(([, file]) => file)).not.toEqual(expect.arrayContaining(['release.ts']));
    expect(linked.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
  });
});

describe('the guide', { timeout: 120_000 }, () => {
  it('discovers what it then shows as reviewed', async () => {
    const { code, out } = await run('discover.ts');
    const { name: _, checks: __, ...reviewed } = environment;
    const draft = (await deploy.discoverEnvironment({ region: 'eu-central-1', cluster: 'shop' }))._unsafeUnwrap();

    expect(code).toBe(0);
    expect(out).toBe(`${draft.source}\n`);
    expect(draft.definition).toMatchObject(reviewed);
  });

  it('rehearses the release in virtual time', async () => {
    const { code, out } = await run('rehearse.ts');

    expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.1\.0 is deployed and the database migrated; visitors are let in/);
    expect(out).toContain('times that code met a schema that it does not fit: 0\n');
    expect(code).toBe(0);
  });

  it('rehearses a migration that fails, and tells how to go on', async () => {
    const { code, out } = await run('rehearse.ts', '--fail');

    expect(out).toMatch(/^ {2}Once the cause is gone, run the migration again, and continue:\n {4}resume\(env, deployWithMigration, '\S+', \{ retryMigration: true \}\)$/m);
    expect(out).toMatch(/^ {4}restoreDb\(env, \{ confirm: 'shop', from: \{ snapshotId: 'shop-v1-1-0-\S+' \} \}\)$/m);
    expect(code).toBe(1);
  });

  it('rehearses it with a real PostgreSQL and real processes', async () => {
    const { code, out } = await run('rehearse.ts', '--real');

    expect(out).toMatch(/^watch it at http:\/\/127\.0\.0\.1:\d+\//m);
    expect(out).toContain('purchase has refunded');
    expect(out).toMatch(/deployWithMigration succeeded in .*: v1\.1\.0 is deployed/);
    expect(out).not.toContain('times that code met');
    expect(code).toBe(0);
  });

  const visit = async () => (await aws.cloud!.connection.fetch('https://shop.test/', { redirect: 'manual' })).status;
  const failNextMigration = () => aws.cloud!.faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 1 });
  /** Arguments of a call of go-on.ts that was told. */
  const told = (out: string, way: string): readonly string[] => new RegExp(`(?:^ {4}|next: .*)node --import tsx go-on\\.ts (${way} \\S+(?: --retry-migration)?)$`, 'm').exec(out)?.[1]?.split(' ') ?? [];

  it('goes back after a migration that failed, each time by the command that was told last', async () => {
    failNextMigration();
    const failed = await run('release.ts');
    expect(failed.code).toBe(1);
    const restored = await run('go-on.ts', ...told(failed.out, 'restore'));
    expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('next: Start what is still stopped as it was found') as string });
    expect(await visit()).toBe(302);
    expect(await run('go-on.ts', ...told(restored.out, 'reopen'))).toMatchObject({ code: 0, out: expect.stringContaining('What was found is back, and visitors are let in') as string });
    expect(await visit()).toBe(200);
  });

  it('checks, releases behind the gate, goes on after a failure by the command that it names, and opens', async () => {
    expect(await run('check.ts')).toMatchObject({ code: 0, out: expect.stringMatching(/ 0 failed\n/) as string });
    failNextMigration();
    const { out } = await run('release.ts');
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
    const ways = expect.stringContaining('go-on.ts resume RUN [--retry-migration] | reopen RUN') as string;
    for (const args of [['resum', 'r1'], ['resume', 'r1', '--retry'], ['reopen'], ['release-hold', 'r1'], []]) await expect(run('go-on.ts', ...args)).rejects.toThrow('exit 2');
    await expect(run('rehearse.ts', '--fial')).rejects.toThrow('exit 2');
    expect(told.mock.calls).toEqual([[ways], [ways], [ways], [ways], [ways], ['--fial: unknown; there are --real and --fail']]);
    expect(exit).toHaveBeenCalledTimes(6);
  });
});
