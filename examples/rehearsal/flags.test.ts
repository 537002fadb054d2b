import { describe, expect, it } from 'vitest';
import { readFlags, usage } from './flags.js';

const header = { MAINTENANCE_HEADER_NAME: 'x-operator', MAINTENANCE_HEADER_SECRET: 'open-sesame' };

describe('readFlags', () => {
  it('rehearses the next version when nothing is asked for', () => {
    expect(flagsOf()).toEqual({ does: 'release', version: 'v1.55.0', environment: null, run: null, snapshot: '', retryMigration: false, reason: '', fault: null, json: false, seed: 1 });
  });

  it('takes the version whose migration is broken for a migration that is to fail', () => {
    expect(flagsOf('--fail', 'migration')).toMatchObject({ fault: 'migration', version: 'v1.56.0-rc1' });
    expect(flagsOf('--fail=deploy')).toMatchObject({ fault: 'deploy', version: 'v1.55.0' });
  });

  it('takes the last run when --resume names none, also before another flag', () => {
    expect(flagsOf('--resume')).toMatchObject({ does: 'resume', run: null });
    expect(flagsOf('--resume', '--retry-migration')).toMatchObject({ does: 'resume', run: null, retryMigration: true });
    expect(flagsOf('--resume', '20261123-080000-abcd')).toMatchObject({ does: 'resume', run: '20261123-080000-abcd' });
  });

  it.each([
    [['--fial', 'x', '--version'], ['--fial: unknown flag', '"x": unexpected; flags begin with --', '--version: expected a version like v1.54.8']],
    [['--plan=yes'], ['--plan: takes no value, got "yes"']],
    [['--version', '--plan'], ['--version: expected a version like v1.54.8']],
    [['--version', 'latest', '--fail', 'x', '--seed', '-1x'], ['--seed: expected a whole number']],
    [
      ['--version', 'latest', '--fail', 'x', '--seed', 'one'],
      ['--version: expected a version like v1.54.8 or v3.56.2-rc1, got "latest"', '--fail: expected migration, snapshot, deploy, verify, got "x"', '--seed: expected a whole number, got "one"'],
    ],
    [['--fail', 'snapshot', '--fail', 'deploy'], ['--fail: given twice']],
    [['--fail'], ['--fail: expected migration, snapshot, deploy or verify']],
    [['--plan', '--stop'], ['--plan, --stop: expected one of them']],
    [['--retry-migration'], ['--retry-migration: only with --resume']],
    [['--release-hold', 'r1'], ['--release-hold: expected --reason too']],
    [['--reason', 'seen'], ['--reason: only with --release-hold']],
    [['--fail', 'deploy', '--plan'], ['--fail: not with --plan']],
    [['--fail', 'migration', '--version', 'v1.55.0'], ['--fail migration: is version v1.56.0-rc1, whose migration is broken; not with --version']],
    [['--version', 'v1.54.9'], ['--version: the local cloud has v1.55.0 and v1.56.0-rc1, got "v1.54.9"']],
    [['--environment', 'staging', '--version', 'v1.0.0'], ['--environment: expected dev or production, got "staging"']],
    [['--environment', 'dev'], ['--environment: expected --version too']],
    [['--environment', 'dev', '--resume'], ['--resume: expected the identifier of a run, got nothing']],
    [['--environment', 'dev', '--version', 'v1.0.0', '--fail', 'deploy'], ['--fail: only on this machine, not with --environment']],
  ])('%j: says every problem', (args, problems) => {
    expect(readFlags(args, header)).toEqual({ problems });
  });

  it('takes the broken version for a migration that is to fail, also when it is asked for by its name', () => {
    expect(flagsOf('--version', 'v1.56.0-rc1')).toMatchObject({ fault: 'migration', version: 'v1.56.0-rc1' });
  });

  it("asks for the operators' header on AWS", () => {
    expect(readFlags(['--environment', 'dev', '--version', 'v1.0.0'], { MAINTENANCE_HEADER_NAME: 'x-operator' })).toEqual({
      problems: ['MAINTENANCE_HEADER_SECRET: expected in the environment of this process: name and value of the header that lets operators through the gate'],
    });
    expect(readFlags(['--environment', 'dev', '--version', 'v1.0.0'], header)).toMatchObject({ flags: { environment: 'dev' } });
  });

  it('takes a snapshot or a version for a way back', () => {
    expect(flagsOf('--restore', 'graasp-dev-1')).toMatchObject({ does: 'restore', snapshot: 'graasp-dev-1' });
    expect(flagsOf('--roll-back', 'v1.54.8')).toMatchObject({ does: 'roll-back', version: 'v1.54.8' });
  });

  it('has a usage for terminals of 80 columns', () => {
    expect(usage.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

function flagsOf(...args: string[]) {
  const read = readFlags(args);
  return 'flags' in read ? read.flags : read.problems;
}
