import { describe, expect, it, vi } from 'vitest';
import { checkers } from './checkers.js';
import { plantedBugs } from './planted-bugs.js';
import { runSeed } from './run-seed.js';

vi.setConfig({ testTimeout: 120_000 });

/** Each planted bug, and the seed by which the checker that it names finds it. */
const foundAt: readonly (readonly [bug: string, seed: number])[] = [
  ['leaves the secret in an event', 1],
  ['forgets the hold', 1],
  ['forgets the baseline after a resume', 1],
  ['opens from the highest priority', 1],
  ["forgets to put back a target group's delay", 1],
  ['waits for no snapshot', 1],
  ['names another run', 1],
  ['believes a stale read', 2],
  ['opens although it was to stay closed', 2],
  ['says untouched after a migration', 7],
  ['trusts runningCount', 15],
  ['steals an expired lock', 22],
  ['restores over the database', 94],
  ['ignores the exit code of the migration', 125],
  ['goes on without its lock', 246],
  ['sends a migration anew', 267],
];

describe('a checker', () => {
  it.each(foundAt)('finds a library that %s, at seed %i', async (name, seed) => {
    const bug = plantedBugs.find((planted) => planted.name === name)!;
    expect((await runSeed(seed, bug)).violations.map(({ checker }) => checker)).toContain(bug.foundBy);
  });

  it.each([...new Set(foundAt.map(([, seed]) => seed))])('finds nothing at seed %i in the library without', async (seed) => {
    expect((await runSeed(seed)).violations).toEqual([]);
  });

  it('has a bug that it finds, whichever it is, and no bug is planted in vain', () => {
    expect(new Set(plantedBugs.map(({ foundBy }) => foundBy))).toEqual(new Set([...checkers.map(({ name }) => name), 'the way on comes to an end']));
    expect(foundAt.map(([name]) => name).sort()).toEqual(plantedBugs.map(({ name }) => name).sort());
  });
});
