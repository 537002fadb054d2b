import { setImmediate as idle } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { spell } from './commands';
import type { FaultName } from './faults';
import type { Ending, Look } from './look';
import { openRehearsal, type Rehearsal } from './rehearsal';
import { operatorSecret } from './shop';

describe('rehearsal', () => {
  it('releases the version: visitors are kept out, the schema moves, visitors meet the new version, and nobody an error', async () => {
    const rehearsal = await open();

    rehearsal.release();
    const look = await ended(rehearsal);

    expect(look.ending).toMatchObject({ kind: 'succeeded', what: 'deployWithMigration', state: 'running', nextActions: [] });
    expect(answersOf(look, 'visitors')).toEqual(['old', 'maintenance', 'new']);
    expect(look.scene.databases).toMatchObject([{ identifier: 'shop', schema: '42', inUse: true }]);
    expect(look.scene.services.find(({ name }) => name === 'web')?.tasks.map(({ version }) => version)).toEqual(['v1.55.0', 'v1.55.0']);
    expect(look.proof).toMatchObject({ failed: 0, violations: 0 });
    expect(look.run?.steps.every(({ status }) => status === 'done')).toBe(true);
  });

  it('holds the environment when the migration fails, and its buttons lead back to the old version', async () => {
    const rehearsal = await open('migration');

    rehearsal.release();
    const held = await ended(rehearsal);

    expect(held.ending).toMatchObject({ kind: 'failed', failure: { kind: 'MigrationFailed' }, situation: { step: 'run-migration', left: 'hold', state: 'db-only', maintenance: 'on' } });
    expect(offered(held)).toEqual(['retryMigration', 'restoreDb', 'releaseHold']);
    expect(held.log.map(({ text }) => text).join('\n')).toContain('could not create unique index "member_email_key"');

    const restored = await pressed(rehearsal, /^restoreDb/);
    expect(restored.ending).toMatchObject({ kind: 'succeeded', what: 'restoreDb', state: 'db-only' });
    expect(restored.scene.databases.map(({ schema, inUse }) => [schema, inUse])).toEqual([['41', true], ['41', false]]);

    const reopened = await pressed(rehearsal, /^reopen/);
    expect(reopened.ending).toMatchObject({ kind: 'succeeded', what: 'reopen', state: 'running' });
    expect(answersOf(reopened, 'visitors')).toEqual(['old', 'maintenance', 'old']);
    expect(reopened.proof).toMatchObject({ failed: 0, violations: 0 });
  });

  it('runs a mended migration again, and finishes the release', async () => {
    const rehearsal = await open('migration');
    rehearsal.release();
    await ended(rehearsal);

    rehearsal.setFault('migration', false);
    const look = await pressed(rehearsal, /retryMigration: true/);

    expect(look.ending).toMatchObject({ kind: 'succeeded', state: 'running' });
    expect(answersOf(look, 'visitors')).toEqual(['old', 'maintenance', 'new']);
  });

  it('puts everything back as it was found when the snapshot fails, and offers to start again', async () => {
    const rehearsal = await open('snapshot');

    rehearsal.release();
    const look = await ended(rehearsal);

    expect(look.ending).toMatchObject({ kind: 'failed', failure: { kind: 'SnapshotFailed' }, situation: { left: 'as-found', state: 'running', maintenance: 'off' } });
    expect(offered(look)).toEqual(['deployWithMigration']);
    expect(look.run?.steps.filter(({ undoes }) => undoes).length).toBeGreaterThan(0);

    rehearsal.setFault('snapshot', false);
    expect((await pressed(rehearsal, /^deployWithMigration/)).ending).toMatchObject({ kind: 'succeeded', state: 'running' });
  });

  it('holds what crashes behind the closed gate, and goes on once it is mended', async () => {
    const rehearsal = await open('crash-loop');

    rehearsal.release();
    const held = await ended(rehearsal);

    expect(held.ending).toMatchObject({ kind: 'failed', failure: { kind: 'DeploymentFailed' }, situation: { step: 'deploy-core', left: 'hold', maintenance: 'on', schema: 'migrated' } });
    expect(answersOf(held, 'visitors')).toEqual(['old', 'maintenance']);

    rehearsal.setFault('crash-loop', false);
    const look = await pressed(rehearsal, /^resume/);
    expect(look.ending).toMatchObject({ kind: 'succeeded', state: 'running' });
    expect(look.proof).toMatchObject({ failed: 0, violations: 0 });
  });

  it('knows of a failure what it is of: no other fault that is on, and still the same when an action was refused', async () => {
    const rehearsal = await open('snapshot', 'crash-loop');
    rehearsal.release();
    expect((await ended(rehearsal)).causes).toEqual(['snapshot']);

    rehearsal.setFault('snapshot', false);
    expect(rehearsal.look()).toMatchObject({ faults: ['crash-loop'], causes: [] });
    expect((await pressed(rehearsal, /^deployWithMigration/)).causes).toEqual(['crash-loop']);

    rehearsal.act({ text: 'Release once more, over the hold', command: spell('deploy', { version: 'v1.55.0' }) });
    const refused = await ended(rehearsal);
    expect(refused).toMatchObject({ ending: { failure: { kind: 'Conflict' } }, causes: ['crash-loop'] });
    rehearsal.setFault('crash-loop', false);
    expect((await pressed(rehearsal, /^resume/)).causes).toEqual([]);
  });

  it('survives an AWS that throttles', async () => {
    const rehearsal = await open('throttling');

    rehearsal.release();
    const look = await ended(rehearsal);

    expect(look.ending).toMatchObject({ kind: 'succeeded', state: 'running' });
    expect(look.proof.throttled).toBeGreaterThan(50);
  });

  it('goes on from another laptop with the run of one that was closed', async () => {
    const rehearsal = await open();

    rehearsal.release();
    await until(rehearsal, ({ run }) => run?.steps.some(({ name, status }) => name === 'snapshot-db' && status === 'open') === true);
    rehearsal.closeLaptop();
    const closed = await ended(rehearsal);

    expect(closed.ending).toMatchObject({ kind: 'laptop-closed', step: 'snapshot-db' });
    expect(offered(closed)).toEqual(['resume', 'releaseHold']);

    const look = await pressed(rehearsal, /^resume/);
    expect(look.ending).toMatchObject({ kind: 'succeeded', what: 'resume', state: 'running' });
    expect(look.scene.snapshots.map(({ status }) => status)).toEqual(['available']);
  });

  it('offers what could be done before, where an action is refused', async () => {
    const rehearsal = await open();
    rehearsal.release();
    await until(rehearsal, ({ run }) => run?.steps.some(({ name, status }) => name === 'stop-services' && status === 'open') === true);
    rehearsal.closeLaptop();
    await ended(rehearsal);

    // its lock has not expired yet: nobody knows that it is dead
    const refused = await pressed(rehearsal, /^releaseHold/);

    expect(refused.ending).toMatchObject({ kind: 'failed', what: 'releaseHold', failure: { kind: 'Conflict' } });
    expect(offered(refused)).toEqual(['resume', 'releaseHold']);
  });

  it('has begun nothing where the laptop is closed before the release has begun', async () => {
    const rehearsal = await open();
    rehearsal.release();
    await until(rehearsal, ({ lanes }) => lanes.some(({ spans }) => spans.length > 0));
    rehearsal.closeLaptop();
    const closed = await ended(rehearsal);

    expect(closed.ending).toMatchObject({ kind: 'laptop-closed', step: '' });
    expect((await pressed(rehearsal, /^deployWithMigration/)).ending).toMatchObject({ kind: 'succeeded', state: 'running' });
  });

  it('offers what could be done before, where the laptop is closed before that has begun', async () => {
    const rehearsal = await open();
    rehearsal.release();
    await until(rehearsal, ({ run }) => run?.steps.some(({ name, status }) => name === 'stop-services' && status === 'open') === true);
    rehearsal.closeLaptop();
    await ended(rehearsal);

    const closed = pressed(rehearsal, /^releaseHold/);
    rehearsal.closeLaptop();

    expect((await closed).ending).toMatchObject({ kind: 'laptop-closed', step: '' });
    expect(offered(await closed)).toEqual(['resume', 'releaseHold']);
    // what connecting needs is gone with it
    expect(process.env[operatorSecret.variable]).toBeUndefined();
  });

  it('gives the report again where the laptop is closed when the run has ended', async () => {
    const rehearsal = await open();
    rehearsal.release();
    await until(rehearsal, ({ log }) => log.some(({ text }) => text.startsWith('deployWithMigration succeeded')));
    rehearsal.closeLaptop();
    expect((await ended(rehearsal)).ending).toMatchObject({ kind: 'laptop-closed', step: '' });

    expect((await pressed(rehearsal, /^resume/)).ending).toMatchObject({ kind: 'succeeded', state: 'running' });
  });

  it('does nothing any more once it is stopped in the middle of a release', async () => {
    const rehearsal = await open();
    rehearsal.release();
    await until(rehearsal, ({ run }) => run?.steps.some(({ name, status }) => name === 'stop-services' && status === 'open') === true);

    await rehearsal.stop();
    const turns = async () => {
      for (let turn = 0; turn < 50; turn += 1) await idle();
      return rehearsal.look().proof.calls;
    };

    expect(await turns()).toBe(await turns());
  });

  it('shows what was thrown, and what can be done then', async () => {
    const rehearsal = await open();

    rehearsal.act({ text: 'Continue a run that this page knows nothing of', command: spell('resume', { recipe: 'deployWithMigration', run: 'of-nobody' }) });
    const look = await ended(rehearsal);

    expect(look).toMatchObject({ busy: null, ending: { kind: 'failed', what: 'resume', failure: { kind: 'Unexpected', message: expect.stringContaining('resume threw TypeError') as string } } });
    expect(look.log.map(({ text }) => text).join('\n')).toContain('resume threw TypeError');
    expect(offered(look)).toEqual(['deployWithMigration']);
  });

  it('lets time stand still once nothing runs and visitors have gone home', async () => {
    const rehearsal = await open('snapshot');
    rehearsal.release();
    const { at } = await ended(rehearsal);

    const home = await until(rehearsal, ({ peopleCome }) => !peopleCome);
    for (let turn = 0; turn < 50; turn += 1) await idle();

    expect(home.at).toBeGreaterThanOrEqual(at + 60_000);
    expect(rehearsal.look().at - home.at).toBe(0);
  });
});

const opened: Rehearsal[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((rehearsal) => rehearsal.stop()));
});

async function open(...faults: readonly FaultName[]): Promise<Rehearsal> {
  const rehearsal = await openRehearsal({ speed: Infinity, faults });
  opened.push(rehearsal);
  return rehearsal;
}

async function until(rehearsal: Rehearsal, holds: (look: Look) => boolean): Promise<Look> {
  return new Promise((resolve) => {
    const end = rehearsal.subscribe(() => {
      const look = rehearsal.look();
      if (!holds(look)) return;
      end();
      resolve(look);
    });
  });
}

const ended = (rehearsal: Rehearsal) => until(rehearsal, ({ ending }) => ending !== null);

/** The button whose command matches. */
function pressed(rehearsal: Rehearsal, command: RegExp): Promise<Look> {
  const action = rehearsal.look().ending?.nextActions.find((each) => command.test(each.command));
  if (action === undefined) throw new Error(`no button for ${String(command)}`);
  rehearsal.act(action);
  return ended(rehearsal);
}

function offered({ ending }: { readonly ending: Ending | null }): readonly string[] {
  return (ending?.nextActions ?? []).map(({ command }) => (command.includes('retryMigration') ? 'retryMigration' : command.slice(0, command.indexOf('('))));
}

function answersOf({ lanes }: Look, name: string): readonly string[] {
  const answers = lanes.find((lane) => lane.name === name)?.spans.map(({ answer }) => answer) ?? [];
  return answers.filter((answer, index) => answer !== answers[index - 1]);
}
