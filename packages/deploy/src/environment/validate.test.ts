import { describe, expect, it } from 'vitest';
import { testEnvironment } from './environment.fixture.js';
import { expectedGot, serviceProblems, timeoutProblems, versionProblems, waitProblems } from './validate.js';

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

describe('timeoutProblems', () => {
  it('takes none, and seconds by the name of a step', () => {
    expect(timeoutProblems(['gate-on'], undefined)).toEqual([]);
    expect(timeoutProblems(['gate-on'], { 'gate-on': 60 })).toEqual([]);
  });

  it.each([
    [900, '900 (number)'],
    ['900', "'900' (string)"],
    [[900], '1 items (array)'],
    [null, 'null'],
  ])('refuses %j, which is of no step', (seconds, got) => {
    expect(timeoutProblems(['gate-on'], seconds as never)).toEqual([`timeoutSeconds: expected seconds by the name of a step, such as { 'gate-on': 900 }, got ${got}`]);
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
