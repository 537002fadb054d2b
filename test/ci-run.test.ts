import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Stages that only this test has, as functions of the shell. */
const stages = `
stage_good() { echo 'good was here'; }
stage_bad() { echo 'bad was here'; false; echo 'and went on'; }
stage_leaves_a_mark() { sleep 0.2; touch "$WORK/mark"; }
stage_sees_the_mark() { [ -e "$WORK/mark" ] && echo 'the mark is there'; }
stage_skipped() { skip 'there is nothing to do it with'; }
stage_killed() { kill -KILL "$PPID"; sleep 1; }
stage_no_end() { kill -KILL "$(cut -d ' ' -f 4 "/proc/$PPID/stat")" "$PPID"; }
`;

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'ci-run-'));
  mkdirSync(join(place, '.ci'));
  const text = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8');
  writeFileSync(join(place, '.ci/run'), text.replace(/(?=^# --- the runner)/m, `${stages}\n`));
});
afterAll(() => rmSync(place, { recursive: true }));

function run(...groups: readonly string[]): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  return new Promise((resolve) => execFile('bash', [join(place, '.ci/run'), ...groups], (error, stdout) => resolve({ code: Number(error?.code ?? 0), lines: stdout.trimEnd().split('\n') })));
}

describe('.ci/run', () => {
  it('passes when its stages do, whether one after the other or side by side', async () => {
    const { code, lines } = await run('good', 'good+skipped');
    expect(lines.at(-1)).toBe('2 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('fails when one of those side by side does, goes on with the others, and shows what each has said', async () => {
    const { code, lines } = await run('bad+good', 'good');
    expect(lines).toContain('bad was here');
    expect(lines).not.toContain('and went on');
    expect(lines.filter((line) => line === 'good was here')).toHaveLength(2);
    expect(lines.at(-1)).toBe('2 passed, 1 failed');
    expect(code).toBe(1);
  });

  it('runs those of a chain one after the other, each whatever has become of the one before', async () => {
    const { lines } = await run('good+bad,leaves-a-mark,sees-the-mark');
    expect(lines).toContain('the mark is there');
    expect(lines.at(-1)).toBe('3 passed, 1 failed');
  });

  it.each(['unheard-of', 'killed', 'no-end'])('fails when a stage is %s', async (stage) => {
    const { code, lines } = await run(`${stage}+good`);
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
    expect(code).toBe(1);
  });
});
