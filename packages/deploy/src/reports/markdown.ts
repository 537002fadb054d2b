import { printableText } from './render-event.js';

/** A titled table; nothing where it has no rows. */
export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return rows.length === 0 ? [] : [`#### ${title}`, [line(head), line(head.map(() => '---')), ...rows.map((cells) => line(cells.map(escaped)))].join('\n')];
}

/** Lines of others under a title; nothing where there are none. */
export function fenced(title: string, lines: readonly string[] = []): readonly string[] {
  return lines.length === 0 ? [] : [`#### ${title}`, fence(lines)];
}

/** Longer than any run of backticks in it. */
export function fence(lines: readonly string[]): string {
  const text = lines.map((line) => printableText(line).trimEnd()).join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}text\n${text}\n${ticks}`;
}

/** On one line, as text: neither markup nor HTML, nobody is mentioned, and no address becomes a link by itself ("Autolinks (extension)" of GitHub Flavored Markdown). */
export function escaped(text: string): string {
  return printableText(text)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_[\]<>&|~#$]/g, '\\$&')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
    .replace(/^[-+=]/, '\\$&')
    .replace(/(^|\W)@(?=\w)/g, '$1@\u200B')
    .replace(/:(?=\/\/)|\b(?:mailto|xmpp):/gi, '$&\u200B')
    .replace(/\bwww(?=\.)/gi, '$&\u200B')
    .replace(/[\w.+-](?=@[\w-]+\.\w)/g, '$&\u200B');
}
