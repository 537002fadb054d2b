import { describe, expect, it, vi } from 'vitest';
import { runSeed } from './run-seed.js';

vi.setConfig({ testTimeout: 120_000 });

/** Two of the cheap ones, so that the simulation goes on working; what it is for is `npm run simulate`. */
describe('a simulated release', () => {
  it.each([27, 100])('breaks no promise with seed %i', async (seed) => {
    expect((await runSeed(seed)).violations).toEqual([]);
  });
});
