import { okAsync } from '@graasp/deploy';
import type { PlantedBug } from '../planted-bugs.js';

/** Says that it holds the environment, and writes no hold. */
export const forgetsTheHold: PlantedBug = {
  name: 'forgets the hold',
  foundBy: 'an error tells the truth',
  store: (inner) => ({ ...inner, create: (key, body) => (key.endsWith('/hold') ? okAsync({ etag: 'never written' }) : inner.create(key, body)) }),
};
