import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Handle } from './rehearsal/handle.js';
import { runScriptFile, type ScriptProcess } from './script-process.fixture.js';

/** The password of the local cloud's database. */
const password = 'only-on-this-machine';

describe('npx tsx examples/migrate.ts', { timeout: 240_000 }, () => {
  let directory: string;
  let secrets: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'graasp-rehearsal-test-'));
    secrets = [password];
  });
  afterEach(async () => {
    if (existsSync(join(directory, '.local-cloud'))) await migrate('--stop').ended;
    rmSync(directory, { recursive: true, force: true });
  });

  const migrate = (...args: string[]): ScriptProcess => runScriptFile('migrate.ts', args, directory);

  it('releases, proves what became of data and visitors, and leaves nothing behind', async () => {
    const script = migrate();
    await script.printed(/preflight ✓/);
    const handle = readHandle();
    const below = processesBelow(handle.pid);

    const { code, out, err } = await script.ended;

    expect(failed(out)).toEqual([]);
    expect(out).toContain('✔ schema: migrated: 3 migrations applied before, 4 after, by 1 migration task');
    expect(out).toMatch(/✔ snapshot: graasp-dev-v1-55-0-\S+ restored aside/);
    expect(out).toMatch(/✔ no error: none of [\d,]+\s+visitors' requests failed/);
    expect(out).toContain('✔ in the end: visitors meet the new version');
    expect(out).toMatch(/application {2}1+~?·+~?2+\n/);
    expect(out).toMatch(/maintenance window {6}\d+ min/);
    expect(err).toBe('');
    expect(code).toBe(0);
    expectNoSecretIn(out);
    await expectNothingLeft(handle, below);
  });

  it('shows a failed migration with its cause, and puts back what was found with the command that it prints', async () => {
    const { code, out, err } = await migrate('--fail', 'migration').ended;

    expect(failed(out)).toEqual([]);
    expect(out).toContain('✔ schema: untouched: 3 migrations applied, as before (1 migration task)');
    expect(out).toContain('✔ in the end: visitors meet the maintenance page');
    expect(err).toContain('MigrationFailed in run-migration');
    expect(err).toMatch(/ERROR: {2}could not create unique index "member_full_name_key"/);
    expect(err).toMatch(/schema +untouched/);
    expect(code).toBe(1);
    const handle = readHandle();
    const below = processesBelow(handle.pid);
    expectNoSecretIn(out, err, ...filesBelow(handle.runs));

    const reopened = await migrate(...nextAction(err, /Put back what was found/)).ended;

    expect(failed(reopened.out)).toEqual([]);
    expect(reopened.out).toContain('✔ in the end: visitors meet the old version');
    expect(reopened.code).toBe(0);
    await expectNothingLeft(handle, below);
  });

  it('goes on after kill -9, with the migration applied once', async () => {
    const killed = migrate();
    await killed.printed(/waiting for the migration: task \S+ is RUNNING/);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).code).toBeNull();

    const { code, out } = await migrate('--resume').ended;

    expect(failed(out)).toEqual([]);
    expect(out).toMatch(/snapshot-db ✓ done before/);
    expect(out).toContain('✔ schema: migrated: 3 migrations applied before, 4 after, by 1 migration task');
    expect(out).toContain('✔ in the end: visitors meet the new version');
    expect(code).toBe(0);
    expect(existsSync(join(directory, '.local-cloud'))).toBe(false);
  });

  it.each([
    ['deploy', 'DeploymentFailed in deploy-core'],
    ['verify', 'VerificationFailed in verify-deployment'],
  ])('holds after a failure of %s, and finishes the release with the command that it prints', async (fault, title) => {
    const { code, out, err } = await migrate('--fail', fault).ended;

    expect(failed(out)).toEqual([]);
    expect(out).toContain('✔ schema: migrated');
    expect(out).toContain('✔ in the end: visitors meet the maintenance page');
    expect(err).toContain(title);
    expect(code).toBe(1);

    const resumed = await migrate(...nextAction(err, /Once the cause is gone/)).ended;

    expect(failed(resumed.out)).toEqual([]);
    expect(resumed.out).toContain('✔ in the end: visitors meet the new version');
    expect(resumed.code).toBe(0);
  });

  it('puts everything back after a failed snapshot', async () => {
    const { code, out, err } = await migrate('--fail', 'snapshot', '--json').ended;

    const lines = out.trim().split('\n').map((line) => JSON.parse(line) as { readonly type: string; readonly verdicts?: readonly { readonly what: string; readonly held: boolean; readonly seen: string }[] });
    const proof = lines.find(({ type }) => type === 'proof')?.verdicts ?? [];
    expect(proof.filter(({ held }) => !held)).toEqual([]);
    expect(proof).toContainEqual({ what: 'in the end', held: true, seen: 'visitors meet the old version' });
    expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['run-started', 'undoing', 'run-failed']));
    expect(err).toContain('SnapshotFailed in snapshot-db');
    expect(err).toContain('everything was put back as it was found');
    expect(code).toBe(1);
    expect(existsSync(join(directory, '.local-cloud'))).toBe(false);
  });

  it.each([
    ['while the local cloud starts', /filling the database/, 'aborted while the local cloud started; it is gone again'],
    ['during the release', /await-drained …/, 'The local cloud is gone'],
  ])('says where things stand on Ctrl-C %s, and leaves nothing behind', async (_when, printed, said) => {
    const script = migrate();
    await script.printed(printed);
    const [rehearsal] = processesBelow(script.child.pid ?? 0);
    const below = processesBelow(rehearsal ?? 0);
    script.child.kill('SIGINT');

    const { code, err } = await script.ended;

    expect(err).toContain(said);
    expect(code).toBe(130);
    expect([rehearsal ?? 0, ...below].filter(isAlive)).toEqual([]);
    expect(existsSync(join(directory, '.local-cloud'))).toBe(false);
  });

  it('plans without changing anything, and ends a rehearsal that waits', async () => {
    const killed = migrate();
    await killed.printed(/preflight …/);
    const waiting = readHandle();
    killed.child.kill('SIGKILL');
    await killed.ended;

    const { code, out } = await migrate('--plan').ended;

    expect(out).toContain('Ending the local cloud that still waited for run');
    expect(isAlive(waiting.pid)).toBe(false);
    expect(out).toContain('rule 56 (association.dev.graasp.org): open → closed');
    expect(out).toContain('✔ nothing changed: AWS was only asked to read');
    expect(code).toBe(0);
  });

  it('refuses what it does not understand, with its usage', async () => {
    const { code, out, err } = await migrate('--fail', 'everything').ended;

    expect(out).toBe('');
    expect(err).toMatch(/^--fail: expected migration, snapshot, deploy, verify, got "everything"\n\nUsage: npx tsx examples\/migrate\.ts/);
    expect(code).toBe(2);
  });

  it('says that there is nothing to resume', async () => {
    const { code, err } = await migrate('--resume').ended;

    expect(err).toContain('no rehearsal waits in this directory');
    expect(code).toBe(1);
  });

  function readHandle(): Handle {
    const handle = JSON.parse(readFileSync(join(directory, '.local-cloud', 'rehearsal.json'), 'utf8')) as Handle;
    secrets.push(handle.header.value, handle.header.name);
    return handle;
  }

  function expectNoSecretIn(...texts: readonly string[]): void {
    expect(secrets.length).toBe(3);
    for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  }

  async function expectNothingLeft({ pid, cloud }: Handle, below: readonly number[]): Promise<void> {
    expect(below.length).toBeGreaterThan(5);
    expect([pid, ...below].filter(isAlive)).toEqual([]);
    await expect(fetch(cloud.endpoint)).rejects.toThrow('fetch failed');
    expect(existsSync(join(directory, '.local-cloud'))).toBe(false);
  }
});

/** What did not hold. */
function failed(out: string): readonly string[] {
  expect(out).toContain('What was proven');
  return out.split('\n').filter((line) => line.includes('✘'));
}

/** The arguments of the command below the text of a next action. */
function nextAction(err: string, text: RegExp): readonly string[] {
  const lines = err.split('\n');
  const command = lines[lines.findIndex((line) => text.test(line)) + 1] ?? '';
  const [, args] = /^ +npx tsx \S*migrate\.ts (.*)$/.exec(command) ?? [];
  if (args === undefined) throw new Error(`No command for ${String(text)} in:\n${err}`);
  return args.split(' ');
}

function filesBelow(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), 'utf8')] : []));
}

/** Of every generation. */
function processesBelow(parent: number): readonly number[] {
  const children = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid] : []));
  return children.flatMap((child) => [child, ...processesBelow(child)]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
