import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandOf, commands } from './commands.fixture.js';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** Commands that no test in virtual time runs, and what runs them: a file, and the words in it that do. */
const runElsewhere: Readonly<Record<string, readonly [file: string, words: string]>> = {
  migrate: ['migrate.test.ts', "describe.concurrent('npx tsx examples/migrate.ts'"],
  test: ['../.ci/run', "run_from_readme 'npm test'"],
  'migrate-fail-migration': ['../test/failures/rehearsals.test.ts', "'--fail', 'migration'"],
  'migrate-fail-verify': ['../test/failures/rehearsals.test.ts', "'--fail', 'verify'"],
  'migrate-fail-snapshot': ['../test/failures/rehearsals.test.ts', "'--fail', 'snapshot'"],
  'migrate-plan': ['../test/failures/rehearsals.test.ts', "migrate('--plan')"],
  'migrate-resume': ['../test/failures/rehearsals.test.ts', "migrate('--resume')"],
  'migrate-stop': ['../test/failures/rehearsals.test.ts', "migrate('--stop')"],
  'guide-files': ['guide/guide.test.ts', "commands.get('guide-files')"],
  'guide-discover': ['guide/guide.test.ts', "run('discover.ts')"],
  'guide-rehearse': ['guide/guide.test.ts', "run('rehearse.ts')"],
  'guide-rehearse-fail': ['guide/guide.test.ts', "run('rehearse.ts', '--fail')"],
  'guide-rehearse-real': ['guide/guide.test.ts', "run('rehearse.ts', '--real')"],
  'guide-check': ['guide/guide.test.ts', "run('check.ts')"],
  'guide-permissions-look': ['guide/guide.test.ts', "run('permissions.ts', 'look')"],
  'guide-permissions-release': ['guide/guide.test.ts', "run('permissions.ts', 'release', role)"],
  'guide-release': ['guide/guide.test.ts', "run('release.ts')"],
  'guide-open': ['guide/guide.test.ts', "run('open.ts')"],
  'guide-restore-look': ['guide/guide.test.ts', "run('go-on.ts', 'restore', snapshot, '--look')"],
  'status-by-hand': ['../test/aws-cli.test.ts', "commands.get('status-by-hand')"],
  'durable-release': ['../.ci/run', 'examples/durable-release.ts'],
};

/** Of `migrate`, which runs in real time, without what time and chance decide. */
const keptElsewhere = ['migrate', 'guide-rehearse', 'guide-rehearse-fail', 'guide-permissions-look', 'guide-permissions-release'];

/** `run('change-state.ts', 'db-only')` in the tests in virtual time. */
const runInTests = [...read('virtual-time.test.ts').matchAll(/\brun\(((?:'[^']*'(?:, )?)+)\)/g)].map(([, args = '']) => {
  const [script = '', ...others] = [...args.matchAll(/'([^']*)'/g)].map(([, arg = '']) => arg);
  return commandOf(script, others);
});

describe('a command of the documentation', () => {
  it.each([...commands])('%s is run by a test', (name, command) => {
    const [file, words] = runElsewhere[name] ?? [];
    if (file === undefined) expect(runInTests).toContain(command);
    else expect(read(file)).toContain(words);
  });

  it('has its output kept where a test compares it, and no output is of nothing', () => {
    const kept = readdirSync(new URL('output', import.meta.url)).map((name) => name.replace(/\.txt$/, ''));
    expect(kept.sort()).toEqual([...commands.keys()].filter((name) => !(name in runElsewhere) || keptElsewhere.includes(name)).sort());
  });
});
