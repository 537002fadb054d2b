import { describe, expect, it } from 'vitest';
import { renderFailure } from './render-failure.js';

describe('renderFailure', () => {
  it('says what happened, on what evidence, where things stand and what to do next', () => {
    const text = renderFailure({
      kind: 'MigrationFailed',
      message: 'the migration to v1.56.0 exited with 1; the schema is proven untouched',
      remedy: 'Read the lines, mend the migration, then run it again.',
      runId: 'r1',
      lastLines: ['applying 0003', '\u001B[31merror: duplicate key\u001B[0m'],
      databaseErrors: ['ERROR:  could not create unique index "member_name"'],
      situation: {
        step: 'run-migration',
        state: 'db-only',
        maintenance: 'on',
        schema: 'untouched',
        left: 'hold',
        restorePoint: 'graasp-dev-1',
        nextActions: [{ text: 'Continue', command: 'npx tsx examples/migrate.ts --resume r1' }],
      },
    });
    expect(text).toBe(`
MigrationFailed in run-migration
  the migration to v1.56.0 exited with 1; the schema is proven untouched

Last lines of the task:
  applying 0003
  error: duplicate key

The database's own errors:
  ERROR:  could not create unique index "member_name"

Where things stand:
  run            r1
  environment    db-only; held as it is: nothing else starts, migrates or opens
                 it until one of the commands below
  maintenance    on
  schema         untouched
  restore point  graasp-dev-1

What to do:
  Read the lines, mend the migration, then run it again.

Next:
  Continue:
    npx tsx examples/migrate.ts --resume r1
`);
  });

  it('shows the checks that failed, and how a deployment failed', () => {
    const text = renderFailure({
      kind: 'PreflightFailed',
      message: 'm',
      checks: [
        { name: 'core', group: 'images', status: 'failed', detail: 'not there', remedy: 'push it' },
        { name: 'rules', group: 'gate', status: 'ok', detail: 'fine' },
      ],
      diagnosis: {
        stoppedTasks: [{ taskArn: 'arn:aws:ecs:eu-central-1:1:task/c/abc', stoppedReason: 'Essential container in task exited', exitCodes: { core: 1, sidecar: null } }],
        targetHealth: [{ target: '10.0.0.1:3000', state: 'unhealthy', reason: 'Target.Timeout' }],
        events: ['(service graasp) has started 1 tasks'],
        lastLines: ['cannot connect'],
      },
    });
    expect(text).toBe(`
PreflightFailed
  m

What preflight found:
  ✗ images, core: not there
    push it

Stopped tasks:
  abc: Essential container in task exited; core exited with 1; sidecar without an exit code

Targets:
  10.0.0.1:3000 is unhealthy (Target.Timeout)

The service's last events, newest first:
  (service graasp) has started 1 tasks

Last lines of its tasks:
  cannot connect
`);
  });

  it('tells what to do about a check beside it, and not once more', () => {
    const checks = [{ name: 'core', group: 'images', status: 'failed', detail: 'not there', remedy: 'push it' }] as const;
    expect(renderFailure({ kind: 'PreflightFailed', message: 'm', remedy: 'core: push it', checks })).toBe('\nPreflightFailed\n  m\n\nWhat preflight found:\n  ✗ images, core: not there\n    push it\n');
  });

  it('wraps long messages at words, and keeps a long word whole', () => {
    const arn = `arn:aws:ecs:eu-central-1:123456789012:task/${'x'.repeat(90)}`;
    expect(renderFailure({ message: `${'word '.repeat(25)}${arn} end` })).toBe(`\nFailed\n  ${'word '.repeat(15).trimEnd()}\n  ${'word '.repeat(10).trimEnd()}\n  ${arn}\n  end\n`);
  });

  it('fills the terminal that it is given, and speaks of no commands where there are none', () => {
    const situation = { step: 'gate-on', state: 'mixed', maintenance: 'partly', schema: 'untouched', left: 'hold', nextActions: [] } as const;
    expect(renderFailure({ kind: 'Aborted', message: 'aborted', remedy: 'Resume the run.', runId: 'r1', situation }, 120)).toBe(`
Aborted in gate-on
  aborted

Where things stand:
  run            r1
  environment    mixed; held as it is: nothing else starts, migrates or opens it
  maintenance    partly
  schema         untouched

What to do:
  Resume the run.
`);
  });

  it('says that another run still holds the environment of one that changed nothing', () => {
    const situation = { step: 'confirm-hold', state: 'db-only', maintenance: 'on', schema: 'untouched', left: 'untouched', heldBy: 'r1', nextActions: [{ text: 'Go on', command: 'release --resume r1' }] } as const;
    expect(renderFailure({ kind: 'Conflict', message: 'held by run r1, not by r2', remedy: '', runId: 'r3', situation })).toBe(`
Conflict in confirm-hold
  held by run r1, not by r2

Where things stand:
  run            r3
  environment    db-only; nothing was changed; still held by run r1 until one of
                 the commands below
  maintenance    on
  schema         untouched

Next:
  Go on:
    release --resume r1
`);
  });

  it('wraps what a command does, and never the command', () => {
    const text = 'Bring the database back to graasp-dev-v1-55-0-20261126-114405-t6dq, for the old version: what was written since is in the instance set aside alone';
    const command = 'npx tsx examples/migrate.ts --restore graasp-dev-v1-55-0-20261126-114405-t6dq --environment production';
    const situation = { step: 's', state: 'mixed', maintenance: 'on', schema: 'migrated', left: 'hold', nextActions: [{ text, command }] } as const;
    const lines = renderFailure({ message: 'it broke', situation }).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([`    ${command}`]);
  });

  it('tells of an error from before a run began without a situation', () => {
    const situation = { step: '', state: 'unknown', maintenance: 'unknown', schema: 'unknown', left: 'untouched', nextActions: [] } as const;
    expect(renderFailure({ kind: 'Conflict', message: 'held', remedy: '', runId: '', situation })).toBe('\nConflict\n  held\n');
  });
});
