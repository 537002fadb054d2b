import { describe, expect, it } from 'vitest';
import { instanceCondition } from './instance-status.js';

describe('instanceCondition', () => {
  it.each(['available', 'storage-optimization', 'backing-up'])('takes %s for usable', (status) => {
    expect(instanceCondition(status)).toBe('usable');
  });

  it.each([
    ...['stopped', 'stopping', 'failed', 'storage-full', 'deleting', 'deleted', 'delete-precheck', 'restore-error', 'insufficient-capacity'],
    ...['incompatible-restore', 'incompatible-parameters', 'inaccessible-encryption-credentials'],
  ])('takes %s for one that nothing but a person ends', (status) => {
    expect(instanceCondition(status)).toBe('stuck');
  });

  it.each(['creating', 'modifying', 'rebooting', 'renaming', 'starting', 'upgrading', 'configuring-enhanced-monitoring', 'not-incompatible-', 'unknown'])('takes %s for one that passes', (status) => {
    expect(instanceCondition(status)).toBe('passing');
  });
});
