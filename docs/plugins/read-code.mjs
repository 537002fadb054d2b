import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

/**
 * The text of `examples/migrate.ts#main`: a region between `#region main` and `#endregion main`, dedented; without `#`, the whole file without its
 * region marks. `from` and `to` are texts of its first and last line, for output.
 * @param {string} reference
 * @param {string} root
 * @param {{ from?: string, to?: string }} [excerpt]
 * @returns {string}
 */
export function readCode(reference, root, { from, to } = {}) {
  const [path, region] = reference.split('#');
  const file = resolve(root, path);
  if (relative(root, file).startsWith('..')) throw new Error(`file=${reference}: only files of this repository are shown`);
  if (!existsSync(file)) throw new Error(`file=${reference}: there is no such file`);
  const lines = readFileSync(file, 'utf8').split('\n');
  if (from !== undefined || to !== undefined) return excerptOf(lines, { from, to, reference }).join('\n');
  return dedented(region === undefined ? lines.filter((line) => !isMark(line)) : regionOf(lines, region, reference).filter((line) => !isMark(line)));
}

/**
 * A page's source with the code of its blocks filled in. `keepsTitle`: what is shown above a block, and the mark that it was filled in, stay.
 * @param {string} source
 * @param {string} root
 * @param {{ keepsTitle?: boolean }} [options]
 * @returns {string}
 */
export function filledBlocks(source, root, { keepsTitle = false } = {}) {
  return source.replace(/^```(\w*)(.*?) ?file=(\S+)(.*)\n```$/gm, (_, lang, before, reference, after) => {
    const shown = `${before}${after}`;
    const meta = keepsTitle ? [shown.replace(/\s*(?:untitled|(?:from|to)="[^"]*")/g, ''), ' filled', excerptTitle(lang, shown, reference).replace(/^(?=.)/, ' ')].join('') : '';
    const code = readCode(reference, root, excerptMeta(shown));
    const fence = fenceAround(code);
    return `${fence}${lang}${meta}\n${code}\n${fence}`;
  });
}

/** `title="examples/migrate.ts"`: what is shown above a block of a file, unless its page says otherwise; nothing for commands and output. */
export function excerptTitle(lang, meta, reference) {
  const shown = ['ts', 'tsx', 'yaml', 'json', 'mjs'].includes(lang) && !/(?:^|\s)(?:title=|untitled)/.test(meta);
  return shown ? `title="${reference.split('#')[0]}"` : '';
}

/** Longer than any in the code: output may be Markdown itself. */
function fenceAround(code) {
  const longest = Math.max(2, ...[...code.matchAll(/^\s*(`{3,})/gm)].map(([, ticks]) => ticks.length));
  return '`'.repeat(longest + 1);
}

const markPattern = /^\s*(?:\/\/|#|--|<!--)\s*#(end)?region\s+([\w-]+)/;

function isMark(line) {
  return markPattern.test(line);
}

function regionOf(lines, region, reference) {
  const marks = lines.flatMap((line, index) => {
    const [, end, name] = markPattern.exec(line) ?? [];
    return name === region ? [{ index, end: end !== undefined }] : [];
  });
  if (marks.length !== 2 || marks[0].end || !marks[1].end) throw new Error(`file=${reference}: expected "#region ${region}" and "#endregion ${region}", once each`);
  return lines.slice(marks[0].index + 1, marks[1].index);
}

/** From the first line that has `from` in it to the first one after that has `to`, with an ellipsis where lines are left away. */
function excerptOf(lines, { from, to, reference }) {
  const first = from === undefined ? 0 : lines.findIndex((line) => line.includes(from));
  const last = to === undefined ? lines.length - 1 : lines.findIndex((line, index) => index >= first && line.includes(to));
  if (first === -1 || last === -1) throw new Error(`file=${reference}: no line has "${first === -1 ? from : to}"`);
  return [...(first > 0 ? ['…'] : []), ...lines.slice(first, last + 1), ...(last < lines.length - 2 ? ['…'] : [])];
}

/** `from="…" to="…"` of a code block. */
export function excerptMeta(meta) {
  return { from: /(?:^|\s)from="([^"]*)"/.exec(meta)?.[1], to: /(?:^|\s)to="([^"]*)"/.exec(meta)?.[1] };
}

function dedented(lines) {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)[0].length);
  const indent = Math.min(...indents);
  return lines
    .map((line) => line.slice(indent))
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
}
