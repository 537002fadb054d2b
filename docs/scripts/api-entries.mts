import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiEntries } from '../plugins/api-groups.mjs';

const sources = '../../../packages/deploy/src/';
const entries = ['public.ts', 'index.ts', 'durable.ts', 'opentelemetry.ts'];

/** One file a group, with the exports of the packages' entry files by the folder that they come from. Each export is in one of them. */
export function writeApiEntries(write: (path: string, text: string) => void): void {
  const exported = entries.flatMap((entry) => exportsOf(readFileSync(fileURLToPath(new URL(`../../packages/deploy/src/${entry}`, import.meta.url)), 'utf8')));
  const files = new Map(apiEntries.map((path) => [path, [] as string[]]));
  for (const { from, statement } of exported) files.get(`src/api/${groupOf(from)}.mts`)!.push(statement);
  files.get('src/api/local-cloud.mts')!.push("export * from '../../../packages/local-cloud/src/index.js';");
  for (const [path, statements] of files) write(path, `${statements.join('\n')}\n`);
}

function exportsOf(source: string): readonly { readonly from: string; readonly statement: string }[] {
  return [...source.matchAll(/^export (?:type )?(?:\*|\{[^}]*\}) from '\.\/([^']+)';$/gm)]
    .filter(([, from]) => !['public.js', 'browser.js'].includes(from!))
    .map(([statement, from]) => ({ from: from!, statement: statement.replace(`'./${from}'`, `'${sources}${from}'`) }));
}

function groupOf(from: string): string {
  if (from === 'errors.js') return 'errors';
  const [folder] = from.split('/');
  const groups: Readonly<Record<string, string>> = { recipes: 'recipes', steps: 'steps', runs: 'runs', durable: 'runs', reports: 'reports' };
  if (from === 'run-script.js' || from === 'wait.js') return 'runs';
  return groups[folder!] ?? 'environment';
}
