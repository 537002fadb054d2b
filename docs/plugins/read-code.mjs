import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';

/** The text of `examples/migrate.ts#main`: a region between `#region main` and `#endregion main`, dedented; without `#`, the whole file without its region marks. */
export function readCode(reference, root) {
  const [path, region] = reference.split('#');
  const file = resolve(root, path);
  if (relative(root, file).startsWith('..')) throw new Error(`file=${reference}: only files of this repository are shown`);
  if (!existsSync(file)) throw new Error(`file=${reference}: there is no such file`);
  const lines = readFileSync(file, 'utf8').split('\n');
  return dedented(region === undefined ? lines.filter((line) => !isMark(line)) : regionOf(lines, region, reference).filter((line) => !isMark(line)));
}

/** A page's source with the code of its blocks filled in. `keepsTitle`: what is shown above a block, and the mark that it was filled in, stay. */
export function filledBlocks(source, root, { keepsTitle = false } = {}) {
  return source.replace(/^(```\w*)(.*?) ?file=(\S+)(.*)\n```$/gm, (_, fence, before, reference, after) => {
    const meta = keepsTitle ? `${before}${after} filled title="${reference.split('#')[0]}"` : '';
    return `${fence}${meta}\n${readCode(reference, root)}\n\`\`\``;
  });
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

function dedented(lines) {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)[0].length);
  const indent = Math.min(...indents);
  return lines
    .map((line) => line.slice(indent))
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
}
