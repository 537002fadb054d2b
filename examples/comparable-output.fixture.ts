import { stripVTControlCharacters } from 'node:util';

/**
 * What `migrate.ts` prints, without what time, chance and the machine decide: it runs in real time, with real processes. Which waits there are,
 * and how often they look, a slow machine decides; the two before the last look at the front door there are always, as are preflight's warnings.
 */
export function comparableOutput(out: string): readonly string[] {
  const lines = stripVTControlCharacters(out)
    .replace(/^What visitors saw[\s\S]*?\n\n/m, visitsWithoutChance)
    // whatever has more or fewer digits is broken elsewhere
    .replace(/\n {4}(?=\S)/g, ' ')
    .split('\n')
    .filter((line) => certain.test(line) || !/^\S+ (waiting|warning:)|\| applying migrations/.test(line))
    .map(withoutChance);
  return sortedWhereAtOnce(lines.filter((line, index) => !lookedAtDoor.test(line) || line !== lines[index - 1]));
}

const lookedAtDoor = /waiting for visitors to be (?:kept out|let in) at the front door: as wanted, 2 of 3 times in a row$/;
const certain = new RegExp(`^\\S+ (?:warning: (?:runs|gate), |waiting for visitors to leave; )|${lookedAtDoor.source}`);

/** Its legend, and what the application's visitors met for whole seconds, in this order. */
function visitsWithoutChance(block: string): string {
  const lines = block.split('\n');
  const legend = lines.filter((line) => /^ {2}[1~!] /.test(line));
  const met = lines.flatMap((line) => /^ +\d+ – \d+ s {2}(.*?) +[\d,]+ answers$/.exec(line)?.[1] ?? []).filter((kinds) => !kinds.includes(', then '));
  return ['What visitors saw', ...legend, ...met.filter((kinds, index) => kinds !== met[index - 1])].join('\n') + '\n\n';
}

const chance: readonly (readonly [RegExp, string])[] = [
  [/\b\d{8}-\d{6}-[a-z0-9]{4}\b/g, 'RUN'],
  [/^\d\d:\d\d:\d\d /, ''],
  [/\d[\d.]* (?:h|min|s)(?: \d\d (?:min|s))*(?= |$|\)|:)/g, 'DURATION'],
  [/(?<= ✓ DURATION) {2}.*/, ''],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'],
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
