import { expect, it } from 'vitest';
import { copyAnswer } from './copy-answer.js';

it('copies objects, lists, times and bytes, so that what was answered stays when the state goes on', () => {
  const state = { services: [{ name: 'web', at: new Date(0), empty: null, missing: undefined }], body: new Uint8Array([1, 2]), count: 3 };

  const copy = copyAnswer(state);
  expect(copy).toStrictEqual(state);
  state.services[0]?.at.setTime(1);
  state.services.push({ name: 'jobs', at: new Date(0), empty: null, missing: undefined });
  state.body[0] = 9;

  expect(copy).toStrictEqual({ services: [{ name: 'web', at: new Date(0), empty: null, missing: undefined }], body: new Uint8Array([1, 2]), count: 3 });
});
