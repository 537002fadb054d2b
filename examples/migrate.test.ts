import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { comparableOutput } from './comparable-output.fixture.js';
import { enterDirectory, expectNoSecretIn, expectNothingLeft, failed, type Here, isAlive, processesBelow, stillAlive, unwrapped } from './rehearsal-directory.fixture.js';
import type { ScriptProcess } from './script-process.fixture.js';

/** What the documentation shows. `npx tsx examples/migrate.ts | sed "s#$PWD/##" > examples/output/migrate.txt` at the root writes it again. */
const shown = readFileSync(new URL('output/migrate.txt', import.meta.url), 'utf8');

/** What becomes of a release that fails is in `test/failures`. */
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
    expect(out.split('\n').slice(1, 3)).toEqual([`Watch it live: ${handle.cloud.pageUrl}`, "Times and durations are the local cloud's: 60 times as fast as here."]);
    expect(failed(out)).toEqual([]);
    expect(unwrapped(out)).toContain('✔ schema: migrated: 3 migrations applied before, 4 after; one task migrated with success');
    expect(out).toMatch(/✔ snapshot: graasp-dev-v1-55-0-\S+ restored aside/);
    expect(out).toMatch(/✔ no error: none of [\d,]+\s+visitors' requests failed/);
    expect(unwrapped(out)).toContain('✔ in the end: visitors meet the new version');
    expect(out).toMatch(/application {2}1[1 ]*~?·[· ]*~?2[2 ]*\n/);
    expect(out).toMatch(/maintenance window +\d+ (?:min|h)/);
    expect(comparableOutput(out)).toEqual(comparableOutput(shown));
    expect(err).toBe('');
    expect(code).toBe(0);
    expectNoSecretIn(handle, out, page);
    await expectNothingLeft(here, handle, below);
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
