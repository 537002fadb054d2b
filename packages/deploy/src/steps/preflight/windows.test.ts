import { describe, expect, it } from 'vitest';
import { momentsOf, overlap, type Recurrence, windowOf } from './windows.js';

/** 2026-11-23 is a Monday. */
const at = (text: string) => Date.parse(`2026-11-${text}:00Z`);
const span = (from: string, to: string) => ({ from: at(from), to: at(to) });
const told = (from: string, to: string, recurrence: Recurrence | null) => {
  const found = overlap(span(from, to), recurrence!);
  return found === null ? null : [found.from, found.to].map((time) => new Date(time).toISOString().slice(8, 16));
};

describe('windowOf and overlap', () => {
  it.each([
    ['begins within', '23T01:30', '23T02:15', '02:00-02:30', ['23T02:00', '23T02:30']],
    ['is around', '23T02:05', '23T02:15', '02:00-02:30', ['23T02:00', '23T02:30']],
    ['ends within', '23T02:29', '23T04:00', '02:00-02:30', ['23T02:00', '23T02:30']],
    ['is over when it begins', '23T02:30', '23T04:00', '02:00-02:30', null],
    ['begins as it ends', '23T01:00', '23T02:00', '02:00-02:30', null],
    ['is of the next day', '23T22:00', '24T03:00', '02:00-02:30', ['24T02:00', '24T02:30']],
    ['wraps over midnight, before it', '23T23:00', '23T23:50', '23:45-00:15', ['23T23:45', '24T00:15']],
    ['wraps over midnight, after it', '24T00:10', '24T01:00', '23:45-00:15', ['23T23:45', '24T00:15']],
    ['is weekly, on that day', '22T02:30', '22T03:10', 'sun:03:00-sun:03:30', ['22T03:00', '22T03:30']],
    ['is weekly, on another day', '23T02:30', '23T03:10', 'sun:03:00-sun:03:30', null],
    ['wraps over the week, before its end', '28T23:00', '28T23:50', 'Sat:23:45-Sun:00:15', ['28T23:45', '29T00:15']],
    ['wraps over the week, after its end', '29T00:10', '29T01:00', 'Sat:23:45-Sun:00:15', ['28T23:45', '29T00:15']],
    ['is met by a span of days', '23T02:30', '30T03:10', 'sun:03:00-sun:03:30', ['29T03:00', '29T03:30']],
  ])('tells a window that %s', (_, from, to, text, expected) => {
    expect(told(from, to, windowOf(text))).toEqual(expected);
  });

  it.each(['', 'sometimes', 'sun:03:00-03:30', '02:00'])('has no window in %j', (text) => {
    expect(windowOf(text)).toBe(null);
  });
});

describe('momentsOf', () => {
  it('is every day unless days are named', () => {
    const met = (from: string, to: string, moments: readonly Recurrence[]) => moments.flatMap((moment) => told(from, to, moment)?.[0] ?? []);
    expect(met('23T19:30', '23T20:30', momentsOf('20:00'))).toEqual(['23T20:00']);
    expect(met('23T19:30', '23T20:30', momentsOf('20:00', ['tue', 'fri']))).toEqual([]);
    expect(met('23T19:30', '27T20:30', momentsOf('20:00', ['tue', 'fri']))).toEqual(['24T20:00', '27T20:00']);
  });
});
