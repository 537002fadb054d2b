import { describe, expect, it } from 'vitest';
import { testEnvironment } from './environment.fixture.js';
import { expectedGot, serviceProblems, versionProblems, waitProblems } from './validate.js';

describe('versionProblems', () => {
  it.each(['v1.54.8', 'v3.56.2-rc1', 'v0.0.1', 'v1.0.0-beta.2'])('takes %s', (version) => expect(versionProblems(version)).toEqual([]));

  it.each(['latest', '1.54.8', 'v1.2', '', 'v1.54.8-', 'v1.54.8 ', 'v1.54.8/x', 'core-v1.54.8'])('refuses %j', (version) =>
    expect(versionProblems(version)).toEqual([`version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got '${version}' (string)`]),
  );

  it('refuses what is no text', () => expect(versionProblems(undefined)).toEqual(["version: expected a version like 'v1.54.8' or 'v3.56.2-rc1', got nothing"]));
});

describe('waitProblems', () => {
  it('takes none, and positive numbers', () => {
    expect(waitProblems()).toEqual([]);
    expect(waitProblems({ timeoutSeconds: 0.5, signal: new AbortController().signal })).toEqual([]);
  });

  it.each([
    [-1, '-1 (number)'],
    [0, '0 (number)'],
    [Number.NaN, 'NaN (number)'],
    [Number.POSITIVE_INFINITY, 'Infinity (number)'],
    ['60', "'60' (string)"],
  ])('refuses a timeout of %s', (timeoutSeconds, got) => {
    expect(waitProblems({ timeoutSeconds: timeoutSeconds as number })).toEqual([`timeoutSeconds: expected a positive number, got ${got}`]);
  });

  it('tells every problem', () => {
    expect(waitProblems({ timeoutSeconds: -1, signal: 'stop' as never })).toEqual(['timeoutSeconds: expected a positive number, got -1 (number)', "signal: expected an AbortSignal, got 'stop' (string)"]);
  });
});

describe('serviceProblems', () => {
  it('takes services of the environment, and nothing', () => {
    expect(serviceProblems(testEnvironment(), ['graasp', 'redis'])).toEqual([]);
    expect(serviceProblems(testEnvironment(), undefined)).toEqual([]);
  });

  it('names each that is not', () => {
    expect(serviceProblems(testEnvironment(), ['grasp', 'graasp', 'radis'])).toEqual([
      "services: expected one of graasp, redis, admin, got 'grasp' (string)",
      "services: expected one of graasp, redis, admin, got 'radis' (string)",
    ]);
  });

  it('refuses a text where a list belongs', () => {
    expect(serviceProblems(testEnvironment(), 'graasp' as never)).toEqual(["services: expected a list of services, got 'graasp' (string)"]);
  });
});

describe('expectedGot', () => {
  it.each([
    [null, 'null'],
    [undefined, 'nothing'],
    [[1, 2], '2 items (array)'],
    [{}, 'one (object)'],
    [() => 1, 'one (function)'],
    [true, 'true (boolean)'],
  ])('tells %s', (value, got) => expect(expectedGot('x', value)).toBe(`expected x, got ${got}`));
});
