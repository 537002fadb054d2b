import { describe, expect, it } from 'vitest';
import { judgeFailures, judgeTask, forgotten, type TaskVerdict } from '../../packages/deploy/src/steps/run-migration/task-verdict.js';
import { errorsPage, ranBy } from './errors-page.mjs';

const page = errorsPage();

describe('the page of errors', () => {
  it('has what to do about each reason of a failed migration beside it', () => {
    expect(remedies('MigrationFailed', 'capacity')[0]).toBe('Nothing was run. Resume in a few minutes: capacity comes back.');
    expect(remedies('MigrationFailed', 'start')[0]).toBe('Nothing was run. Mend what keeps the task from starting, then resume.');
    for (const reason of ['exit-code', 'out-of-memory', 'outcome-unknown']) {
      expect(remedies('MigrationFailed', reason).join('\n')).not.toContain('Nothing was run');
      expect(remedies('MigrationFailed', reason)[0]).toContain('or reopen the old version, which still fits the schema');
      expect(remedies('MigrationFailed', reason)[1]).toContain('do not start the old version on it');
    }
  });

  it('tells what is known of the schema apart where that decides what to do', () => {
    expect(rows('MigrationFailed').filter(([reason]) => reason === '`exit-code`').map(([, says]) => says)).toEqual([
      'the migration to … failed with exit code …; the schema is untouched',
      'the migration to … failed with exit code …; (whether the schema was changed is unknown / the schema was changed by an earlier attempt / the schema was changed, to …)',
    ]);
  });

  it('has a row for every reason that a kind names', () => {
    for (const kind of ['Conflict', 'MigrationFailed', 'DeploymentFailed']) {
      const [, named = ''] = /Its `reason` is one of (.*)\.\n/.exec(section(kind)) ?? [];
      expect([...new Set(rows(kind).map(([reason]) => reason))].sort()).toEqual(named.split(', ').sort());
    }
  });

  it('has what to do about each resource that is missing, and each way of losing the lock, beside it', () => {
    expect(remedies('NotFound', 'image')).toEqual(['Push …, or release a version that exists.']);
    expect(remedies('NotFound', 'snapshot')).toEqual(['Check the identifier of the snapshot, the region, and whose credentials are in use.']);
    expect(rows('LockLost').find(([says]) => says?.includes('another process goes on with the run'))?.[1]).toBe('Leave … to that process.');
  });

  it('knows of a migration whether it has run as the code does', () => {
    const ended: Parameters<typeof judgeTask>[0] = { lastStatus: 'STOPPED', startedAt: new Date(0), stopCode: 'EssentialContainerExited', containers: [{ name: 'migrate' }] };
    const verdicts: readonly TaskVerdict[] = [
      judgeTask({ ...ended, containers: [{ name: 'migrate', exitCode: 1 }] }, 'migrate'),
      judgeTask({ ...ended, containers: [{ name: 'migrate', exitCode: 137, reason: 'OutOfMemoryError: killed' }] }, 'migrate'),
      judgeTask({ ...ended, stopCode: 'SpotInterruption' }, 'migrate'),
      judgeTask({ ...ended, stopCode: 'UserInitiated' }, 'migrate'),
      judgeTask(ended, 'migrate'),
      judgeTask({ stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError: manifest unknown' }, 'migrate'),
      judgeTask({ stopCode: 'TaskFailedToStart', stoppedReason: 'ResourceInitializationError' }, 'migrate'),
      judgeFailures([{ reason: 'Capacity is unavailable at this time' }]),
      forgotten,
    ];

    expect(Object.fromEntries(verdicts.map(({ reason, ran }) => [reason, ran]))).toEqual(ranBy);
  });
});

function section(kind: string): string {
  return page.split(/^## /m).find((each) => each.startsWith(`${kind}\n`)) ?? '';
}

/** The cells of its table. */
function rows(kind: string): readonly (readonly string[])[] {
  const [, , ...lines] = section(kind).split('\n').filter((line) => line.startsWith('| '));
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

function remedies(kind: string, told: string): readonly (string | undefined)[] {
  return rows(kind).filter(([first]) => first === `\`${told}\``).map((cells) => cells.at(-1));
}
