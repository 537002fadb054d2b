import { describe, expect, it } from 'vitest';
import { memoryRunStore } from './memory-run-store.js';
import { describeRunStore } from './run-store.conformance.js';

describeRunStore('memoryRunStore', () => {
  const store = memoryRunStore();
  return { store, reopen: () => store };
});

describe('memoryRunStore', () => {
  it('is volatile until that is acknowledged, and says who writes', () => {
    const plain = memoryRunStore();
    expect([plain.name, plain.volatile, plain.self]).toEqual(['memory', 'it ends with this process', undefined]);
    const known = memoryRunStore({ acknowledged: true, self: { actor: 'anna' } });
    expect([known.volatile, known.self]).toEqual([undefined, { actor: 'anna' }]);
  });
});
