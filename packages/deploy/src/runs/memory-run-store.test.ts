import { memoryRunStore } from './memory-run-store.js';
import { describeRunStore } from './run-store.conformance.js';

describeRunStore('memoryRunStore', () => {
  const store = memoryRunStore();
  return { store, reopen: () => store };
});
