import { describe, expect, it } from 'vitest';
import { type Span, withAnswer } from './visitors';

describe('withAnswer', () => {
  const first = withAnswer([], 'old', 10_000, 1_000);

  it('makes one span of equal answers in a row', () => {
    expect(withAnswer(first, 'old', 11_000, 1_000)).toEqual([{ from: 10_000, to: 12_000, answer: 'old', requests: 2 }] satisfies Span[]);
  });

  it('begins another with another answer, and after nobody has asked for a while', () => {
    expect(withAnswer(first, 'maintenance', 11_000, 1_000).map(({ from, answer }) => [from, answer])).toEqual([[10_000, 'old'], [11_000, 'maintenance']]);
    expect(withAnswer(first, 'old', 60_000, 1_000).map(({ from, to }) => [from, to])).toEqual([[10_000, 11_000], [60_000, 61_000]]);
  });
});
