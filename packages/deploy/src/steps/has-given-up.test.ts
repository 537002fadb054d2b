import { describe, expect, it } from 'vitest';
import { hasGivenUp } from './has-given-up.js';

describe('hasGivenUp', () => {
  it('goes by the deployment that ECS is at, and not by one that was there before', () => {
    expect(hasGivenUp({ deployments: [{ status: 'PRIMARY', rolloutState: 'FAILED' }] })).toBe(true);
    expect(hasGivenUp({ deployments: [{ status: 'ACTIVE', rolloutState: 'FAILED' }, { status: 'PRIMARY', rolloutState: 'IN_PROGRESS' }] })).toBe(false);
    expect(hasGivenUp({})).toBe(false);
  });
});
