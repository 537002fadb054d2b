import { describe, expect, it } from 'vitest';
import { startLocalCloud } from './start-local-cloud.js';
import { smallBlueprint as blueprint } from './test-cloud.js';

describe('startLocalCloud', () => {
  it.each([undefined, null, 5, {}])('refuses %j, in which there is no blueprint', async (options) => {
    await expect(startLocalCloud(options as never)).rejects.toThrow('startLocalCloud: expected { blueprint }, which says what exists in the account, got none.');
  });

  it('refuses an option that it does not know', async () => {
    await expect(startLocalCloud({ blueprint, imges: [] } as never)).rejects.toThrow(/^startLocalCloud: unknown option imges; known are blueprint, images, /);
  });

  it('refuses a fault that there is not before it starts anything', async () => {
    await expect(startLocalCloud({ blueprint, faults: [{ kind: 'explode' } as never] })).rejects.toThrow("got 'explode'.");
  });
});
