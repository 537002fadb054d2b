import { stripVTControlCharacters } from 'node:util';

/** What `migrate.ts` prints, without what time, chance and the machine decide: it runs in real time, with real processes. */
export function comparableOutput(out: string): readonly string[] {
  const lines = stripVTControlCharacters(out)
    .replace(/^What visitors saw[\s\S]*?\n\n/m, '')
    // whatever has more or fewer digits is broken elsewhere
    .replace(/\n {4}(?=\S)/g, ' ')
    .split('\n')
    .filter((line) => !/^\S+ (waiting|warning:)|\| applying migrations/.test(line))
    .map(withoutChance);
  return sortedWhereAtOnce(lines);
}

const chance: readonly (readonly [RegExp, string])[] = [
  [/\b\d{8}-\d{6}-[a-z0-9]{4}\b/g, 'RUN'],
  [/^\d\d:\d\d:\d\d /, ''],
  [/\d[\d.]* (?:h|min|s)(?: \d\d (?:min|s))*(?= |$|\)|:)/g, 'DURATION'],
  [/(?<= ✓ DURATION) {2}.*/, ''],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT'],
  [/sha256:[0-9a-f]+/g, 'DIGEST'],
  [/npx .*migrate\.ts/, 'npx tsx examples/migrate.ts'],
  [/'\S*(?=examples\/migrations\/)/, "'"],
];

function withoutChance(line: string): string {
  const known = chance.reduce((text, [pattern, word]) => text.replace(pattern, word), line);
  return /^ {2}[✔✘]/.test(known) ? known.replace(/\b\d[\d,]*\b/g, '#') : known;
}

/** Services that start or stop side by side are told in any order. */
function sortedWhereAtOnce(lines: readonly string[]): readonly string[] {
  const groups: string[][] = [];
  for (const line of lines) {
    const atOnce = isOfServices(line) && isOfServices(groups.at(-1)?.[0] ?? '');
    if (atOnce) groups.at(-1)!.push(line);
    else groups.push([line]);
  }
  return groups.flatMap((group) => group.sort());
}

function isOfServices(line: string): boolean {
  return /^change (?:(?:scaling of )?service|target group|task definition) /.test(line);
}
