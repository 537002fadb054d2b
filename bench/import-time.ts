import { execFileSync } from 'node:child_process';

const rounds = 15;

/** Median of fresh processes, each after one that warmed the file cache. */
export function importMilliseconds(name: string, how: 'import' | 'require' = 'import'): string {
  const load = how === 'import' ? `await import('${name}')` : `(await import('node:module')).createRequire(process.cwd() + '/x.js')('${name}')`;
  const script = `const started = performance.now(); ${load}; console.log(performance.now() - started)`;
  const once = () => Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
  once();
  const sorted = Array.from({ length: rounds }, once).sort((a, b) => a - b);
  return `${sorted[Math.floor(rounds / 2)]?.toFixed(1)} ms (${sorted[0]?.toFixed(1)} to ${sorted.at(-1)?.toFixed(1)})`;
}
