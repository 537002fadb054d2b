import { afterEach, describe, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

/** Runs the script in this process; answers its exit code and what it wrote. */
async function run(...args: readonly string[]): Promise<{ readonly code: unknown; readonly out: string }> {
  let out = '';
  const write = (text: unknown) => ((out += String(text)), true);
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  vi.spyOn(console, 'log').mockImplementation((text) => void write(`${String(text)}\n`));
  const [argv, exitCode] = [process.argv, process.exitCode];
  process.argv = [process.execPath, 'await-drained.ts', ...args];
  try {
    await import('./await-drained.js');
    return { code: process.exitCode, out };
  } finally {
    process.argv = argv;
    process.exitCode = exitCode;
  }
}

describe('await-drained.ts', () => {
  it('waits until metrics and Umami tell that visitors have left, and counts down', async () => {
    const { code, out } = await run();
    expect(out).toMatch(/3 visitors active; over at 08:\d\d:00 at the earliest, in \d min \d\d s/);
    expect(out).toMatch(/Drained after \d+ s, by metrics-and-umami: 0 requests in the minute from 08:\d\d; 0 visitors active; \d minutes looked at/);
    expect(out).not.toContain(process.env['UMAMI_PASSWORD']);
    expect(code).toBe(0);
  });

  it('lets the metrics decide while Umami is down', async () => {
    const { code, out } = await run('--umami-down');
    expect(out).toContain("warning: umami.dev.graasp.org does not answer: fetch failed; whether visitors have left is decided by the balancer's metrics alone\n");
    expect(out).toMatch(/Drained after \d+ s, by metrics: 0 requests in the minute from 08:\d\d; active visitors unknown \(umami\.dev\.graasp\.org does not answer: fetch failed\), metrics alone decide/);
    expect(code).toBe(0);
  });
});
