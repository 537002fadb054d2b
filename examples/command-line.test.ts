import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCommandLine } from './command-line.js';

const flags = { html: 'FILE', json: true, markdown: true } as const;

describe('readCommandLine', () => {
  it('gives flags and words', () => {
    expect(readCommandLine(['--html', 'run.html', '--json'], { flags })).toEqual({ flags: { html: 'run.html', json: true }, words: [] });
    expect(readCommandLine(['db-only'], { words: ['STATE'] })).toEqual({ flags: {}, words: ['db-only'] });
    expect(readCommandLine(['one', 'two', 'three'], { words: ['RECIPE', '…'] })).toEqual({ flags: {}, words: ['one', 'two', 'three'] });
    expect(readCommandLine([], {})).toEqual({ flags: {}, words: [] });
  });

  it.each([
    [['--htlm', 'x'], { flags }, ['--htlm: unknown flag; there are --html FILE, --json, --markdown', '"x": unexpected; there is nothing to name here']],
    [['--html'], { flags }, ['--html: expected FILE']],
    [['--html', '--json'], { flags }, ['--html: expected FILE']],
    [['--json=yes'], { flags }, ['--json: takes no value, got "yes"']],
    [['--json', '--html', 'a', '--json'], { flags }, ['--json: given twice']],
    [['--nope'], {}, ['--nope: unknown flag; there are none']],
    [['db-only', 'extra'], { words: ['STATE'] }, ['"extra": unexpected; expected STATE alone']],
  ])('%j: says every problem', (args, accepted, problems) => {
    expect(readCommandLine(args, accepted)).toEqual({ problems });
  });
});

describe('an example', () => {
  const scripts = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file));
  const commanded = scripts.filter((file) => readFileSync(new URL(file, import.meta.url), 'utf8').includes('startLocalCloud('));

  it.each(commanded)('%s looks at its command line', (file) => {
    expect(readFileSync(new URL(file, import.meta.url), 'utf8')).toMatch(/^.*\bcommandLine\(/m);
  });
});
