import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedPage } from './markdown.mjs';

const source = fileURLToPath(new URL('../../CONTRIBUTING.md', import.meta.url));
const heading = '## One word, one meaning\n';

/** Where more is said of a word. */
const saidMoreIn: Readonly<Record<string, string>> = {
  state: '../states.mdx',
  transition: '../recipes/change-state.mdx',
  recipe: '../recipes/index.mdx',
  gate: 'gate.mdx',
  door: 'gate.mdx#how-it-is-proven',
  'restore point': 'restore-points.mdx',
  restore: '../recipes/restore.mdx',
  'roll back': '../recipes/roll-back.mdx',
  'warm snapshot': '../guides/shorter-window.mdx',
  hold: 'holds.mdx',
  run: 'runs.mdx',
  journal: 'runs.mdx#the-journal',
  'run store': 'runs.mdx#run-stores',
  'run report': '../guides/reports.mdx',
  'infrastructure lock': '../guides/infrastructure-code.mdx',
};

/** The words that code, messages and pages are held to: the section of CONTRIBUTING.md, with links to the pages that say more. */
export function dictionaryPage(): string {
  const [, section] = readFileSync(source, 'utf8').split(heading);
  if (section === undefined) throw new Error(`CONTRIBUTING.md has no section "${heading.trim()}"`);
  const unused = new Set(Object.keys(saidMoreIn));
  const lines = section.split(/^## /m)[0]!.trim().split('\n').map((line) => linked(line, unused));
  if (unused.size > 0) throw new Error(`CONTRIBUTING.md does not explain ${[...unused].join(', ')}`);
  const body = `One word for one thing, in code, messages and pages. This page is made from the table in \`CONTRIBUTING.md\`.\n\n${withoutMdx(lines.join('\n'))}`;
  return generatedPage({ title: 'The dictionary', description: 'What each word means here, one meaning a word.', position: 7, body });
}

function linked(line: string, unused: Set<string>): string {
  return line.replace(/^\| ([^|]+) \|/, (row, word: string) => {
    const page = saidMoreIn[word];
    if (page === undefined) return row;
    unused.delete(word);
    return `| [${word}](${page}) |`;
  });
}

/** Other pages link to it as to one that is written by hand: it is MDX, where `{` and `<` outside of code are not text. */
function withoutMdx(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 0 ? part.replace(/[{<]/g, '\\$&') : part))
    .join('');
}
