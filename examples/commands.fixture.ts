import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';

const text = readFileSync(new URL('commands.sh', import.meta.url), 'utf8');

/** The commands that the documentation shows, by the name of their region. */
export const commands: ReadonlyMap<string, string> = new Map([...text.matchAll(/^# #region (\S+)\n([\s\S]*?)\n# #endregion \1$/gm)].map(([, name = '', lines = '']) => [name, lines]));

/** `npx tsx examples/change-state.ts db-only`: what is run when a test calls a script so. */
export function commandOf(script: string, args: readonly string[]): string {
  return ['npx tsx', `examples/${script}`, ...args].join(' ');
}

/** What the documentation shows of a command's output is what the command prints now. `vitest run -u` writes it again. */
export async function expectAsShown(script: string, args: readonly string[], out: string): Promise<void> {
  for (const [name, lines] of commands) {
    if (lines === commandOf(script, args)) await expect(stripVTControlCharacters(out)).toMatchFileSnapshot(`output/${name}.txt`);
  }
}
