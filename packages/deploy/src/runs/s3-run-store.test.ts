import { afterEach, describe, expect, it, vi } from 'vitest';
import { s3RunStore } from './s3-run-store.js';

const names = ['GITHUB_ACTIONS', 'GITHUB_RUN_ID', 'GITHUB_REPOSITORY', 'GITHUB_ACTOR', 'USER', 'USERNAME', 'HOSTNAME', 'COMPUTERNAME'];
afterEach(() => vi.unstubAllEnvs());

function selfWith(variables: Readonly<Record<string, string>>) {
  for (const name of names) vi.stubEnv(name, variables[name]);
  return s3RunStore({ bucket: 'runs' }).self;
}

describe('who writes to a bucket', () => {
  const runner = { GITHUB_RUN_ID: '4711', GITHUB_REPOSITORY: 'graasp/core', GITHUB_ACTOR: 'anna' };

  it.each<readonly [Readonly<Record<string, string>>, object]>([
    [{ GITHUB_ACTIONS: 'true', ...runner, USER: 'runner', HOSTNAME: 'vm-1' }, { actor: 'github-actions run 4711 of graasp/core by anna' }],
    [{ GITHUB_ACTIONS: 'false', ...runner, USER: 'anna', HOSTNAME: 'laptop' }, { actor: 'anna@laptop', host: 'laptop' }],
    [{ USER: 'anna', USERNAME: 'ben', HOSTNAME: 'laptop', COMPUTERNAME: 'DESKTOP' }, { actor: 'anna@laptop', host: 'laptop' }],
    [{ USERNAME: 'ben', COMPUTERNAME: 'DESKTOP' }, { actor: 'ben@DESKTOP', host: 'DESKTOP' }],
    [{ USER: 'anna' }, { actor: 'anna' }],
    [{}, { actor: 'somebody' }],
  ])('is, with %j, %j', (variables, self) => {
    expect(selfWith(variables)).toEqual(self);
  });

  it('is who is named', () => {
    expect(s3RunStore({ bucket: 'runs', self: { actor: 'ben@desktop' } }).self).toEqual({ actor: 'ben@desktop' });
  });
});

describe('s3RunStore', () => {
  const problemOf = (options: object) => s3RunStore(options as never).problem;

  it.each([
    [{}, 's3 runs', { bucket: 'runs', prefix: '', region: 'eu-central-1' }],
    [{ prefix: 'team/releases' }, 's3 runs/team/releases', { bucket: 'runs', prefix: 'team/releases/', region: 'eu-central-1' }],
    [{ region: 'eu-west-1' }, 's3 runs', { bucket: 'runs', prefix: '', region: 'eu-west-1' }],
  ])('with %j is called %j, and kept in %j', (options, name, keptIn) => {
    const store = s3RunStore({ bucket: 'runs', ...options });
    const reached = store.reachedBy!({ region: 'eu-central-1', aws: {}, clock: { now: () => 0, random: () => 0, sleep: () => Promise.resolve() } });
    expect([store.name, store.keptIn, store.problem, reached.name, reached.keptIn]).toEqual([name, undefined, undefined, name, keptIn]);
  });

  it('answers nothing whatever it is asked before it is reached', async () => {
    const store = s3RunStore({ bucket: 'runs' });
    const errors = [await store.read('k'), await store.create('k', ''), await store.replace('k', '', 'e'), await store.remove('k', 'e'), await store.list('k')].map((answer) => answer._unsafeUnwrapErr());
    const [first] = errors;
    expect(errors.every((error) => JSON.stringify(error) === JSON.stringify(first))).toBe(true);
    expect(first).toEqual({
      kind: 'RunStoreFailed',
      message: 'The run store (s3 runs) was asked before any environment was connected with it.',
      remedy: 'Give it to connect, as runStore: its environments reach it with their own credentials.',
      store: 's3 runs',
    });
  });

  it('wants options', () => {
    expect(problemOf(undefined as never)).toBe('the options of s3RunStore: expected an object, got nothing');
    expect(problemOf('runs' as never)).toBe("the options of s3RunStore: expected an object, got 'runs' (string)");
  });

  it.each([
    { bucket: 'a.b-c1' },
    { bucket: 'abc', prefix: 'releases' },
    { bucket: 'abc', prefix: 'Team_1/a.b/c-d' },
    { bucket: 'abc', region: 'us-gov-west-1' },
    { bucket: 'abc', self: { actor: 'anna' } },
  ])('may be told %j', (options) => {
    expect(problemOf(options)).toBeUndefined();
  });

  it.each<readonly [object, string]>([
    [{ bucket: 'ab' }, "bucket: expected the name of a bucket, got 'ab' (string)"],
    [{ bucket: 'Abc' }, "bucket: expected the name of a bucket, got 'Abc' (string)"],
    [{ bucket: '-abc' }, "bucket: expected the name of a bucket, got '-abc' (string)"],
    [{ bucket: 'abc-' }, "bucket: expected the name of a bucket, got 'abc-' (string)"],
    [{ bucket: 'a/c' }, "bucket: expected the name of a bucket, got 'a/c' (string)"],
    [{ bucket: 'x'.repeat(64) }, `bucket: expected the name of a bucket, got '${'x'.repeat(64)}' (string)`],
    [{ bucket: 7 }, 'bucket: expected the name of a bucket, got 7 (number)'],
    [{ bucket: 'abc', prefix: 'releases/' }, "prefix: expected folders like 'releases' or 'team/releases', got 'releases/' (string)"],
    [{ bucket: 'abc', prefix: 'a//b' }, "prefix: expected folders like 'releases' or 'team/releases', got 'a//b' (string)"],
    [{ bucket: 'abc', prefix: 'a b' }, "prefix: expected folders like 'releases' or 'team/releases', got 'a b' (string)"],
    [{ bucket: 'abc', prefix: '' }, "prefix: expected folders like 'releases' or 'team/releases', got '' (string)"],
    [{ bucket: 'abc', region: 'eu-central-1a' }, "region: expected an AWS region like 'eu-central-1', got 'eu-central-1a' (string)"],
    [{ bucket: 'abc', region: 'eu-1' }, "region: expected an AWS region like 'eu-central-1', got 'eu-1' (string)"],
    [{ bucket: 'abc', region: 'EU-central-1' }, "region: expected an AWS region like 'eu-central-1', got 'EU-central-1' (string)"],
    [{ bucket: 'abc', self: null }, "self: expected who writes from here, such as { actor: 'anna@build-7' }, got null"],
    [{ bucket: 'abc', self: { actor: ' ' } }, "self: expected who writes from here, such as { actor: 'anna@build-7' }, got one (object)"],
  ])('may not be told %j', (options, problem) => {
    expect(problemOf(options)).toBe(problem);
  });
});
