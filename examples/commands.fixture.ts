import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
    if (lines === commandOf(script, args)) await expectAsKept(name, out);
  }
}

/** The same of a command that is called elsewhere: of the guide's, in a directory of one's own. */
export async function expectAsKept(name: string, out: string): Promise<void> {
  await expect(wherever(stripVTControlCharacters(out))).toMatchFileSnapshot(fileURLToPath(new URL(`output/${name}.txt`, import.meta.url)));
}

/** The digest of a rehearsal's image is of its processes' paths too, which differ from machine to machine: the nth that an output names is always the same here. */
function wherever(out: string): string {
  const named: string[] = [];
  return out.replace(/(?<=sha256:)([0-9a-f]{12})[0-9a-f]*/g, (digest, begin: string) => {
    if (!named.includes(begin)) named.push(begin);
    return createHash('sha256').update(`image ${named.indexOf(begin) + 1}`).digest('hex').slice(0, digest.length);
  });
}
