import { describe, expect, it } from 'vitest';
import { enterDirectory, expectNoSecretIn, expectNothingLeft, failed, filesBelow, isAlive, nextAction, processesBelow, unwrapped } from '../../examples/rehearsal-directory.fixture.js';

describe.concurrent('npx tsx examples/migrate.ts, when the release fails,', { timeout: 600_000 }, () => {
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
    expect(unwrapped(released.out)).toMatch(/It is left as it is: restricted, maintenance on; away from what was found: gate.* Put back what is away and let visitors in: npx .*migrate\.ts --reopen \S+/);
    expect(released.out).not.toContain('commands below');
    expect(released.code).toBe(0);
    const [, run = ''] = /--release-hold (\S+)/.exec(err) ?? [];
    const refused = await here.migrate('--resume', run).ended;
    expect(unwrapped(refused.err)).toMatch(/was let go of by .*, and cannot be resumed\./);
    expect(refused.err).toMatch(new RegExp(`\n {4}npx .*migrate\\.ts --reopen ${run}\n`));
    expect(refused.out).not.toContain('taken away');
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
    expect(unwrapped(err)).toContain("The local cloud is gone, and with it what there was to look at. On AWS: Look at the instance's events in RDS");
    expect(unwrapped(err)).toContain('everything was put back as it was found');
    expect(err).toMatch(/Next:\n {2}Start again:\n {4}npx .*migrate\.ts\n$/);
    expect(code).toBe(1);
    expect(here.isEmpty()).toBe(true);
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
});

interface JsonLine {
  readonly type: string;
  readonly verdicts?: readonly { readonly what: string; readonly held: boolean; readonly seen: string }[];
}
