import { describe, expect, it } from 'vitest';
import { compareVersions } from './compare-versions.js';

describe('compareVersions', () => {
  it('orders versions as numbers, a pre-release before its release', () => {
    const ordered = ['v1.9.0', 'v1.10.0-rc1', 'v1.10.0-rc2', 'v1.10.0-rc10', 'v1.10.0', 'v1.10.1', 'v2.0.0'];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
    expect([...ordered].sort(compareVersions)).toEqual(ordered);
    expect(compareVersions('v1.0.0-rc1', 'v1.0.0-rc1')).toBe(0);
  });
});
