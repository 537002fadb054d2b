import { setImmediate as idle } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { quietly } from './quietly.js';

describe('quietly', () => {
  const unhandled = async (call: () => unknown): Promise<readonly unknown[]> => {
    // those of vitest would fail the test before it can look
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    const seen: unknown[] = [];
    process.on('unhandledRejection', (reason) => seen.push(reason));
    quietly(call);
    await idle();
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
    return seen;
  };

  it.each([
    ['throws', () => { throw new Error('no network'); }],
    ['rejects', () => Promise.reject(new Error('no network'))],
    ['rejects with a promise of another realm', () => runInNewContext("Promise.reject(new Error('no network'))") as unknown],
    ['gives something that can be awaited and throws', () => ({ then: () => { throw new Error('no network'); } })],
    ['gives something whose then cannot be read', () => Object.defineProperty({}, 'then', { get: () => { throw new Error('no network'); } }) as unknown],
    ['gives nothing', () => null],
  ])('lets nothing out of a call that %s', async (_, call) => {
    expect(await unhandled(call)).toEqual([]);
  });

  it('waits for nothing', () => {
    const after = vi.fn();
    quietly(() => new Promise(() => undefined));
    after();
    expect(after).toHaveBeenCalledOnce();
  });
});
