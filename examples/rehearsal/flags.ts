import { parseArgs } from 'node:util';
import { BROKEN_VERSION, NEXT_VERSION, RUNNING_VERSION } from '../environments/graasp-images.js';
import { thisScript } from './commands.js';
import type { Fault } from './rehearsal.js';

/** What the command line asks for. */
export interface Flags {
  readonly does: 'release' | 'plan' | 'resume' | 'reopen' | 'restore' | 'roll-back' | 'release-hold' | 'stop' | 'help';
  readonly version: string;
  /** null: the rehearsal's own, on this machine. */
  readonly environment: 'dev' | 'production' | null;
  /** The run that is resumed, reopened after, or let go of; null: the rehearsal's last. */
  readonly run: string | null;
  /** The snapshot that is restored. */
  readonly snapshot: string;
  readonly retryMigration: boolean;
  readonly reason: string;
  readonly fault: Fault | null;
  readonly json: boolean;
  readonly seed: number;
}

export const usage = `Usage: npx tsx examples/migrate.ts [flags]

Without flags: starts a Graasp-shaped cloud on this machine, releases
${NEXT_VERSION} with its database migration, and proves what became of data and
visitors. Needs no AWS account.

  --version VERSION      the version to release (default ${NEXT_VERSION}). The local
                         cloud runs ${RUNNING_VERSION}, and has ${NEXT_VERSION} and
                         ${BROKEN_VERSION}, whose migration fails
  --plan                 say what would be done, change nothing
  --json                 events and proof as JSON lines
  --fail STEP            let a step fail: migration, deploy or verify, after
                         which one of the flags below goes on; or snapshot,
                         after which everything is put back and it ends
  --seed NUMBER          another course of chance in the local cloud (default 1)

After a failure, or when the process was killed:
  --resume [RUN]         continue the run (default: the local cloud's last)
  --retry-migration      with --resume: run a failed migration again
  --reopen RUN           put back what the run found and let visitors in
  --restore SNAPSHOT     bring the database back to a snapshot; what there is
                         now is kept beside it
  --roll-back VERSION    bring the code back to a version
  --release-hold RUN     let go of the environment as it is
  --reason TEXT          with --release-hold: why that is all right
  --stop                 end the local cloud that waits for one of these

On AWS, with the credentials of the AWS command line:
  --environment NAME     dev or production; needs --version, and the operators'
                         header in the variables MAINTENANCE_HEADER_NAME and
                         MAINTENANCE_HEADER_SECRET
`;

const options = {
  version: { type: 'string' },
  plan: { type: 'boolean' },
  json: { type: 'boolean' },
  fail: { type: 'string' },
  seed: { type: 'string' },
  resume: { type: 'string' },
  'retry-migration': { type: 'boolean' },
  reopen: { type: 'string' },
  restore: { type: 'string' },
  'roll-back': { type: 'string' },
  'release-hold': { type: 'string' },
  reason: { type: 'string' },
  stop: { type: 'boolean' },
  environment: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const faults: readonly string[] = ['migration', 'snapshot', 'deploy', 'verify'] satisfies readonly Fault[];
const versions: readonly string[] = [NEXT_VERSION, BROKEN_VERSION];
const environments: readonly string[] = ['dev', 'production'];
const actions = ['plan', 'resume', 'reopen', 'restore', 'roll-back', 'release-hold', 'stop', 'help'] as const;

/** The command line of this process. A wrong one is told, with what is right, and ends the process. */
export function flagsFromCommandLine(): Flags {
  const read = readFlags(process.argv.slice(2));
  if ('flags' in read && read.flags.does !== 'help') return read.flags;
  if ('flags' in read) {
    console.log(usage);
    process.exit(0);
  }
  console.error(`${read.problems.join('\n')}\n\nWhat is right: ${thisScript()} --help`);
  process.exit(2);
}

/** Reads a command line and the variables that it needs; every problem with them at once. */
export function readFlags(args: readonly string[], variables: NodeJS.ProcessEnv = process.env): { readonly flags: Flags } | { readonly problems: readonly string[] } {
  const { values, tokens } = parseArgs({ args: withResumeValue(args), options, strict: false, tokens: true });
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => `--${name}: given twice`);
  const malformed = [...tokens.flatMap(tokenProblems), ...twice];
  // a flag that is malformed has no value to look at
  const problems = malformed.length > 0 ? malformed : [...problemsOf(values as Values), ...missing(values as Values, variables)];
  return problems.length > 0 ? { problems } : { flags: flagsOf(values as Values) };
}

type Options = typeof options;
type Values = { readonly [Name in keyof Options]?: Options[Name]['type'] extends 'string' ? string : boolean };

interface Token {
  readonly kind: 'option' | 'positional' | 'option-terminator';
  readonly name?: string;
  readonly rawName?: string;
  readonly value?: string | undefined;
}

function tokenProblems({ kind, name = '', rawName = '', value }: Token): readonly string[] {
  if (kind === 'option-terminator') return [];
  if (kind === 'positional') return [`${JSON.stringify(value)}: unexpected; flags begin with --`];
  const type = (options as Readonly<Record<string, { readonly type: string }>>)[name]?.type;
  if (type === undefined) return [`${rawName}: unknown flag`];
  if (type === 'boolean' && value !== undefined) return [`${rawName}: takes no value, got ${JSON.stringify(value)}`];
  return type === 'string' && (value === undefined || value.startsWith('-')) ? [`${rawName}: expected ${values[name] ?? 'a value'}`] : [];
}

/** What a flag wants, for who has given it nothing. */
const values: Readonly<Record<string, string>> = {
  version: 'a version like v1.54.8',
  fail: 'migration, snapshot, deploy or verify',
  seed: 'a whole number',
  reopen: 'the identifier of a run',
  restore: 'the identifier of a snapshot',
  'roll-back': 'a version like v1.54.8',
  'release-hold': 'the identifier of a run',
  reason: 'a text',
  environment: 'dev or production',
};

/** `--resume` alone is the last run. */
function withResumeValue(args: readonly string[]): string[] {
  return args.map((arg, index) => (arg === '--resume' && (args[index + 1] ?? '-').startsWith('-') ? '--resume=' : arg));
}

function problemsOf(values: Values): readonly string[] {
  const { version, fail, seed, environment } = values;
  const given = actions.filter((action) => values[action] !== undefined);
  const local = ['fail', 'seed', 'stop'] as const;
  return [
    ...(version === undefined || isVersion(version) ? [] : [`--version: expected a version like v1.54.8 or v3.56.2-rc1, got ${JSON.stringify(version)}`]),
    ...unless(values['roll-back'] === undefined || isVersion(values['roll-back']), `--roll-back: expected a version like v1.54.8, got ${JSON.stringify(values['roll-back'])}`),
    ...(fail === undefined || faults.includes(fail) ? [] : [`--fail: expected ${faults.join(', ')}, got ${JSON.stringify(fail)}`]),
    ...(seed === undefined || /^\d{1,9}$/.test(seed) ? [] : [`--seed: expected a whole number, got ${JSON.stringify(seed)}`]),
    ...(environment === undefined || environments.includes(environment) ? [] : [`--environment: expected ${environments.join(' or ')}, got ${JSON.stringify(environment)}`]),
    ...(given.length < 2 ? [] : [`${given.map((action) => `--${action}`).join(', ')}: expected one of them`]),
    ...unless(values.reason === undefined || values['release-hold'] !== undefined, '--reason: only with --release-hold'),
    ...unless(values['release-hold'] === undefined || values.reason !== undefined, '--release-hold: expected --reason too'),
    ...unless(values['retry-migration'] === undefined || values.resume !== undefined, '--retry-migration: only with --resume'),
    ...unless(fail === undefined || given.length === 0, `--fail: not with --${given[0] ?? ''}`),
    ...(environment === undefined ? [] : local.filter((flag) => values[flag] !== undefined).map((flag) => `--${flag}: only on this machine, not with --environment`)),
    ...unless(environment === undefined || version !== undefined || !['release', 'plan'].includes(given[0] ?? 'release'), '--environment: expected --version too'),
    ...unless(environment === undefined || values.resume !== '', '--resume: expected the identifier of a run, got nothing'),
    ...unless(environment !== undefined || version === undefined || versions.includes(version) || !/^v\d/.test(version), `--version: the local cloud has ${versions.join(' and ')}, got ${JSON.stringify(version)}`),
    ...unless(fail !== 'migration' || version === undefined, `--fail migration: is version ${BROKEN_VERSION}, whose migration is broken; not with --version`),
  ];
}

function isVersion(text: string): boolean {
  return /^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(text);
}

/** On AWS the header is what operators have agreed on; a rehearsal has one of its own. */
function missing({ environment, help }: Values, variables: NodeJS.ProcessEnv): readonly string[] {
  if (environment === undefined || help === true) return [];
  return ['MAINTENANCE_HEADER_NAME', 'MAINTENANCE_HEADER_SECRET'].filter((name) => !variables[name]).map((name) => `${name}: expected in the environment of this process: name and value of the header that lets operators through the gate`);
}

function unless(right: boolean, problem: string): readonly string[] {
  return right ? [] : [problem];
}

function flagsOf(values: Values): Flags {
  const broken = values.environment === undefined && values.version === BROKEN_VERSION;
  const fault = (values.fail ?? (broken ? 'migration' : null)) as Fault | null;
  return {
    does: actions.find((action) => values[action] !== undefined) ?? 'release',
    version: values['roll-back'] ?? values.version ?? (fault === 'migration' ? BROKEN_VERSION : NEXT_VERSION),
    environment: (values.environment ?? null) as Flags['environment'],
    run: (values.resume || values.reopen || values['release-hold']) ?? null,
    snapshot: values.restore ?? '',
    retryMigration: values['retry-migration'] ?? false,
    reason: values.reason ?? '',
    fault,
    json: values.json ?? false,
    seed: Number(values.seed ?? 1),
  };
}
