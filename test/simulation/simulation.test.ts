import { describe, expect, it, vi } from 'vitest';
import { plantedBugs } from './planted-bugs.js';
import { runSeed } from './run-seed.js';

vi.setConfig({ testTimeout: 120_000 });

/** Whole releases with what a seed has chosen: `npm run simulate -- --seed N` tells what that is. */
describe('a simulated release', () => {
  it.each([27, 100])('breaks no promise with seed %i', async (seed) => {
    expect((await runSeed(seed)).violations).toEqual([]);
  });

  it('sends the same requests at the same moments when its seed is run again', async () => {
    const [first, again] = [await runSeed(100), await runSeed(100)];
    expect(first.requests.length).toBeGreaterThan(100);
    expect(again.requests).toEqual(first.requests);
    expect(again.attempts).toEqual(first.attempts);
  });
});

describe('a planted bug', () => {
  const foundAt: Readonly<Record<string, number>> = {
    'opens from the highest priority': 1166,
    'trusts runningCount': 18,
    "forgets to put back a target group's delay": 1166,
    'sends a migration anew': 431,
    'waits for no snapshot': 1166,
  };

  it.each(plantedBugs)('that $name is found by "$foundBy"', async (planted) => {
    const { violations } = await runSeed(foundAt[planted.name]!, planted);
    expect(violations.map(({ checker }) => checker)).toContain(planted.foundBy);
  });
});
