import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.js';

afterEach(() => void vi.useRealTimers());

describe('systemClock', () => {
  it('does not begin to sleep once it is aborted', async () => {
    vi.useFakeTimers();
    await expect(systemClock.sleep(1_000, AbortSignal.abort(new Error('SIGINT')))).rejects.toThrow('SIGINT');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('leaves no timer behind when a sleep is aborted', async () => {
    vi.useFakeTimers();
    const abort = new AbortController();
    const sleeping = systemClock.sleep(1_000, abort.signal);
    abort.abort(new Error('SIGINT'));
    await expect(sleeping).rejects.toThrow('SIGINT');
    expect(vi.getTimerCount()).toBe(0);
  });
});
