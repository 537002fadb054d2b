import { parseArgs } from 'node:util';

// told at the head of all that a script prints, on a Node that works
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

/** What a script may be called with. */
export interface Accepted {
  /** By name: the word for its value, as `FILE`; true for one that has none. */
  readonly flags?: Readonly<Record<string, string | true>> | undefined;
  /** What stands without a flag, one after the other; `…` at the end: any number of the last. */
  readonly words?: readonly string[] | undefined;
}

type FlagsOf<A extends Accepted> = { readonly [Name in keyof A['flags']]?: A['flags'][Name] extends true ? boolean : string };

export interface CommandLine<A extends Accepted> {
  readonly flags: FlagsOf<A>;
  readonly words: readonly string[];
}

/** The command line of this process. A wrong one is told, with what is right, and ends the process. */
export function commandLine<const A extends Accepted>(accepted: A): CommandLine<A> {
  const read = readCommandLine(process.argv.slice(2), accepted);
  if (!('problems' in read)) return read;
  console.error(read.problems.join('\n'));
  process.exit(2);
}

/** Every problem at once. */
export function readCommandLine<const A extends Accepted>(args: readonly string[], accepted: A): CommandLine<A> | { readonly problems: readonly string[] } {
  const { flags = {}, words = [] } = accepted;
  const options = Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, { type: value === true ? ('boolean' as const) : ('string' as const) }]));
  const { values, positionals, tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const seen = new Set<string>();
  const problems = [
    ...tokens.flatMap((token) => {
      if (token.kind !== 'option') return [];
      const again = seen.has(token.name);
      seen.add(token.name);
      return again ? [`${token.rawName}: given twice`] : flagProblems(token, flags);
    }),
    ...(words.at(-1) === '…' ? [] : positionals.slice(words.length).map((word) => `${JSON.stringify(word)}: unexpected; ${words.length === 0 ? 'there is nothing to name here' : `expected ${words.join(' ')} alone`}`)),
  ];
  return problems.length > 0 ? { problems } : { flags: values as FlagsOf<A>, words: positionals };
}

interface Token {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function flagProblems({ name, rawName, value }: Token, flags: NonNullable<Accepted['flags']>): readonly string[] {
  const known = Object.entries(flags).map(([flag, word]) => (word === true ? `--${flag}` : `--${flag} ${word}`));
  const word = flags[name];
  if (word === undefined) return [`${rawName}: unknown flag; there ${known.length === 0 ? 'are none' : `are ${known.join(', ')}`}`];
  if (word === true) return value === undefined ? [] : [`${rawName}: takes no value, got ${JSON.stringify(value)}`];
  return value === undefined || value === '' || value.startsWith('-') ? [`${rawName}: expected ${word}`] : [];
}
