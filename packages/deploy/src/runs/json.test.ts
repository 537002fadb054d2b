import { describe, expect, it } from 'vitest';
import { asJson, jsonProblems } from './json.js';

class Version {
  readonly major = 1;
}

describe('jsonProblems', () => {
  it.each([[null], [undefined], [''], ['text'], [false], [0], [-1.5], [[]], [[1, ['a', { b: null }]]], [{}], [{ a: { b: [true] }, c: undefined }], [Object.create(null)]])('of %j are none', (value) => {
    expect(jsonProblems(value, 'report')).toEqual([]);
  });

  it.each<readonly [unknown, readonly string[]]>([
    [Number.NaN, ['report: expected JSON, got NaN (number)']],
    [Number.POSITIVE_INFINITY, ['report: expected JSON, got Infinity (number)']],
    [1n, ['report: expected JSON, got a bigint']],
    [Symbol('a'), ['report: expected JSON, got a symbol']],
    [() => 1, ['report: expected JSON, got a function']],
    [new Map(), ['report: expected JSON, got a Map']],
    [new Version(), ['report: expected JSON, got a Version']],
    [{ a: new Date(0), b: [1, { c: 2n }], d: 1 }, ['report.a: expected JSON, got a Date', 'report.b[1].c: expected JSON, got a bigint']],
  ])('name what would not survive: %o', (value, problems) => {
    expect(jsonProblems(value, 'report')).toEqual(problems);
  });
});

describe('asJson', () => {
  it('is what is read back', () => {
    expect(asJson({ a: undefined, b: [undefined], c: -0 })).toStrictEqual({ b: [null], c: 0 });
    expect(asJson(undefined)).toBeUndefined();
  });
});
