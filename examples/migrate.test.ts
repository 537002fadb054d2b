import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Handle } from './rehearsal/handle.js';
import { runScriptFile, type ScriptProcess } from './script-process.fixture.js';

/** A rehearsal mostly waits; but each has a database and a dozen processes of its own. */
const AT_ONCE = 3;
/** The password of the local cloud's database. */
const password = 'only-on-this-machine';

describe.concurrent('npx tsx examples/migrate.ts', { timeout: 600_000 }, () => {
  it('releases, proves what became of data and visitors, and leaves nothing behind', async () => {
    await using here = await enterDirectory();
    const script = here.migrate();
    await script.printed(/preflight ✓/);
    const handle = here.readHandle();
    const below = processesBelow(handle.pid);
    const page = await (await fetch(handle.cloud.pageUrl)).text();

    const { code, out, err } = await script.ended;

    expect(page).toContain('<h1>Local cloud</h1>');
    expect(out.split('\n')[1]).toBe(`Watch it live: ${handle.cloud.pageUrl}`);
    expect(failed(out)).toEqual([]);
    expect(unwrapped(out)).toContain('✔ schema: migrated: 3 migrations applied before, 4 after; one task migrated with success');
    expect(out).toMatch(/✔ snapshot: graasp-dev-v1-55-0-\S+ restored aside/);
    expect(out).toMatch(/✔ no error: none of [\d,]+\s+visitors' requests failed/);
    expect(unwrapped(out)).toContain('✔ in the end: visitors meet the new version');
    expect(out).toMatch(/application {2}1[1 ]*~?·[· ]*~?2[2 ]*\n/);
    expect(out).toMatch(/maintenance window +\d+ (?:min|h)/);
    expect(err).toBe('');
    expect(code).toBe(0);
    expectNoSecretIn(handle, out, page);
    await expectNothingLeft(here, handle, below);
  });

  it('shows a failed migration with its cause, and finishes the release with the command that it prints', async () => {
    await using here = await enterDirectory();
    const { code, err } = await here.migrate('--fail', 'migration').ended;
    expect(err).not.toContain('Once the cause is gone, continue at run-migration');
    expect(code).toBe(1);

    const resumed = await here.migrate(...nextAction(err, /Once the cause is gone, run the migration again/)).ended;

    expect(unwrapped(resumed.out)).toContain('the cause of the failure has been taken away: a mended image of the migration was pushed');
    expect(failed(resumed.out)).toEqual([]);
    expect(unwrapped(resumed.out)).toContain('✔ schema: migrated: 3 migrations applied before, 5 after; one task migrated with success');
    expect(unwrapped(resumed.out)).toContain('✔ in the end: visitors meet the new version');
    expect(resumed.code).toBe(0);
    expect(here.isEmpty()).toBe(true);
  });

  it('shows a failed migration with its cause, and puts back what was found with the command that it prints', async () => {
    await using here = await enterDirectory();
    const { code, out, err } = await here.migrate('--fail', 'migration').ended;

    expect(failed(out)).toEqual([]);
    expect(unwrapped(out)).toContain('✔ schema: untouched: 3 migrations applied, as before; no task migrated with success');
    expect(unwrapped(out)).toContain('✔ in the end: visitors meet the maintenance page');
    expect(err).toContain('MigrationFailed in run-migration');
    expect(err).toMatch(/ERROR: {2}could not create unique index "member_full_name_key"/);
    expect(err).toMatch(/schema +untouched/);
    expect(code).toBe(1);
    const handle = here.readHandle();
    const below = processesBelow(handle.pid);
    expectNoSecretIn(handle, out, err, ...filesBelow(handle.runs));

    const mistyped = await here.migrate('--reopen', 'another').ended;

    expect(unwrapped(mistyped.err)).toMatch(/is held by run (\S+) \(deployWithMigration\), not by another\. Nothing was changed\..*nothing was changed; still held by run \1 until one of the commands below/);
    expect(mistyped.out).not.toContain('What was proven');
    expect(mistyped.out).toContain('The local cloud waits for 10 minutes, so that the commands below work.');

    const reopened = await here.migrate(...nextAction(mistyped.err, /Put back what was found/)).ended;

    expect(failed(reopened.out)).toEqual([]);
    expect(unwrapped(reopened.out)).toContain('✔ in the end: visitors meet the old version');
    expect(reopened.code).toBe(0);
    await expectNothingLeft(here, handle, below);
  });

  it('goes on after kill -9 with the migration applied once, holds after a failed deployment, and finishes the release with the command that it prints', async () => {
    await using here = await enterDirectory();
    const killed = here.migrate('--fail', 'deploy');
    await killed.printed(/waiting for the migration: task \S+ is RUNNING/);
    killed.child.kill('SIGKILL');
    expect((await killed.ended).code).toBeNull();

    const { code, out, err } = await here.migrate('--resume').ended;

    expect(failed(out)).toEqual([]);
    expect(out).toMatch(/snapshot-db ✓ done before/);
    expect(unwrapped(out)).toContain('✔ schema: migrated: 3 migrations applied before, 4 after; one task migrated with success');
    expect(unwrapped(out)).toContain('✔ in the end: visitors meet the maintenance page');
    expect(err).toContain('DeploymentFailed in deploy-core');
    expect(code).toBe(1);

    const resumed = await here.migrate(...nextAction(err, /Once the cause is gone/)).ended;

    expect(failed(resumed.out)).toEqual([]);
    expect(unwrapped(resumed.out)).toContain('✔ schema: migrated: 3 migrations applied before, 4 after; one task migrated with success');
    expect(unwrapped(resumed.out)).toContain('✔ in the end: visitors meet the new version');
    expect(resumed.code).toBe(0);
    expect(here.isEmpty()).toBe(true);
  });

  it('holds after a failed verification, lets go with the command that it prints, and makes way for a plan that changes nothing', async () => {
    await using here = await enterDirectory();
    const { code, out, err } = await here.migrate('--fail', 'verify').ended;

    expect(failed(out)).toEqual([]);
    expect(unwrapped(out)).toContain('✔ schema: migrated');
    expect(unwrapped(out)).toContain('✔ in the end: visitors meet the maintenance page');
    expect(err).toContain('VerificationFailed in verify-deployment');
    expect(unwrapped(err)).toContain('it fails until the run is resumed, as --fail verify wants it');
    expect(code).toBe(1);

    const released = await here.migrate(...nextAction(err, /Let go of the environment/)).ended;

    expect(released.out).toContain('dev was let go of by');
    expect(unwrapped(released.out)).toMatch(/It is left as it is: restricted, maintenance on; away from what was found: gate.* Put back what is away and let visitors in, unless the code is older than the schema: npx .*migrate\.ts --reopen \S+/);
    expect(released.out).not.toContain('commands below');
    expect(released.code).toBe(0);
    const [, run = ''] = /--release-hold (\S+)/.exec(err) ?? [];
    const refused = await here.migrate('--resume', run).ended;
    expect(unwrapped(refused.err)).toContain('was let go of by');
    expect(refused.out).not.toMatch(/taken away|commands below/);
    const waiting = here.readHandle();
    const planned = await here.migrate('--plan').ended;
    expect(planned.out).toContain('Ending the local cloud of this directory, which still waited for run');
    expect(isAlive(waiting.pid)).toBe(false);
    expect(planned.out).toContain('rule 56 (association.dev.graasp.org): open → closed');
    expect(unwrapped(planned.out)).toContain('✔ nothing changed: AWS was only asked to read');
    expect(planned.code).toBe(0);
    expect(here.isEmpty()).toBe(true);
  });

  it('puts everything back after a failed snapshot', async () => {
    await using here = await enterDirectory();
    const { code, out, err } = await here.migrate('--fail', 'snapshot', '--json').ended;

    const lines = out.trim().split('\n').map((line) => JSON.parse(line) as JsonLine);
    const proof = lines.find(({ type }) => type === 'proof')?.verdicts ?? [];
    expect(proof.filter(({ held }) => !held)).toEqual([]);
    expect(proof).toContainEqual({ what: 'in the end', held: true, seen: 'visitors meet the old version' });
    expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['run-started', 'undoing', 'run-failed']));
    expect(err).toContain('SnapshotFailed in snapshot-db');
    expect(unwrapped(err)).toContain('everything was put back as it was found');
    expect(err).toMatch(/Next:\n {2}Start again:\n {4}npx .*migrate\.ts\n$/);
    expect(code).toBe(1);
    expect(here.isEmpty()).toBe(true);
  });

  it('says where things stand on Ctrl-C while the local cloud starts, and leaves nothing behind', async () => {
    await using here = await enterDirectory();
    const script = here.migrate();
    await script.printed(/filling the database/);

    await expectToEndOnCtrlC(here, script, 'aborted while the local cloud started; it is gone again');
  });

  it('refuses what it does not understand, and says who knows better', async () => {
    await using here = await enterDirectory();
    const { code, out, err } = await here.migrate('--fail', 'everything').ended;

    expect(out).toBe('');
    expect(err).toMatch(/^--fail: expected migration, snapshot, deploy, verify, got "everything"\n\nWhat is right: npx .*migrate\.ts --help\n$/);
    expect(code).toBe(2);
  });

  it('ends a local cloud that waits; after which there is nothing to resume', async () => {
    await using here = await enterDirectory();
    const killed = here.migrate();
    await killed.printed(/If this process is killed/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await here.migrate('--stop').ended).out).toBe('The local cloud has ended.\n');

    const { code, err } = await here.migrate('--resume').ended;

    expect(err).toContain('NotFound\n  no local cloud waits in this directory');
    expect(code).toBe(1);
  });

  it('leaves a release alone that another process is at, with each of its flags; that one says where things stand on Ctrl-C, and leaves nothing behind', async () => {
    await using here = await enterDirectory();
    const first = here.migrate();
    await first.printed(/gate-on …/);

    const others = await Promise.all(['--plan', '--resume', '--stop'].map((flag) => here.migrate(flag).ended));

    for (const { code, err } of others) {
      expect(err).toContain(`InUse\n  process ${first.child.pid ?? 0} works with the local cloud of this directory`);
      expect(code).toBe(1);
    }
    expect(isAlive(here.readHandle().pid)).toBe(true);
    await expectToEndOnCtrlC(here, first, 'The local cloud is gone');
  });
});

interface JsonLine {
  readonly type: string;
  readonly verdicts?: readonly { readonly what: string; readonly held: boolean; readonly seen: string }[];
}

/** A directory of its own, in which one rehearsal after the other may go on. */
interface Here extends AsyncDisposable {
  migrate(...args: readonly string[]): ScriptProcess;
  readHandle(): Handle;
  /** Whether nothing of a rehearsal is left in it. */
  isEmpty(): boolean;
}

let free = AT_ONCE;
const waiting: (() => void)[] = [];

async function enterDirectory(): Promise<Here> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  const directory = mkdtempSync(join(tmpdir(), 'graasp-rehearsal-test-'));
  const left = join(directory, '.local-cloud');
  const scripts: ScriptProcess[] = [];
  const migrate = (...args: readonly string[]) => {
    const script = runScriptFile('migrate.ts', args, directory);
    scripts.push(script);
    return script;
  };
  return {
    migrate,
    readHandle: () => JSON.parse(readFileSync(join(left, 'rehearsal.json'), 'utf8')) as Handle,
    isEmpty: () => !existsSync(left),
    async [Symbol.asyncDispose]() {
      // of a test that failed a script may go on, and what it works with is not stopped
      for (const { child } of scripts) child.kill('SIGKILL');
      await Promise.all(scripts.map(({ ended }) => ended));
      if (existsSync(left)) await migrate('--stop').ended;
      rmSync(directory, { recursive: true, force: true });
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}

function expectNoSecretIn({ header }: Handle, ...texts: readonly string[]): void {
  for (const secret of [password, header.name, header.value]) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
}

async function expectNothingLeft(here: Here, { pid, cloud }: Handle, below: readonly number[]): Promise<void> {
  expect(below.length).toBeGreaterThan(5);
  expect(await stillAlive([pid, ...below])).toEqual([]);
  await expect(fetch(cloud.endpoint)).rejects.toThrow('fetch failed');
  expect(here.isEmpty()).toBe(true);
}

async function expectToEndOnCtrlC(here: Here, script: ScriptProcess, said: string): Promise<void> {
  const below = processesBelow(script.child.pid ?? 0);
  script.child.kill('SIGINT');

  const { code, err } = await script.ended;

  expect(err).toContain(said);
  expect(err).not.toContain('one of the commands below');
  expect(code).toBe(130);
  expect(below.length).toBeGreaterThan(5);
  expect(await stillAlive(below)).toEqual([]);
  expect(here.isEmpty()).toBe(true);
}

/** What did not hold. */
function failed(out: string): readonly string[] {
  expect(out).toContain('What was proven');
  return out.split('\n').filter((line) => line.includes('✘'));
}

/** The arguments of the command below the text of a next action. */
function nextAction(err: string, text: RegExp): readonly string[] {
  const lines = err.split('\n');
  const command = lines[lines.findIndex((line) => text.test(line)) + 1] ?? '';
  const [, args] = /^ +npx .*migrate\.ts (.*)$/.exec(command) ?? [];
  if (args === undefined) throw new Error(`No command for ${String(text)} in:\n${err}`);
  return [...args.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

function filesBelow(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [readFileSync(join(entry.parentPath, entry.name), 'utf8')] : []));
}

/** Of every generation. */
function processesBelow(parent: number): readonly number[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const below = (one: number): readonly number[] => all.flatMap(([pid, ppid]) => (ppid === one && pid !== undefined ? [pid, ...below(pid)] : []));
  return below(parent);
}

/** What was killed stays in the table of processes until the system has looked: a second or two on a busy machine. */
async function stillAlive(pids: readonly number[]): Promise<readonly number[]> {
  for (let look = 0; look < 40 && pids.some(isAlive); look += 1) await sleep(50);
  return pids.filter(isAlive);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Lines are wrapped for a terminal of 80 columns: where they are, matters to nobody here. */
function unwrapped(text: string): string {
  return text.replace(/\s+/g, ' ');
}
