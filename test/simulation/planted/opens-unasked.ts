import type { PlantedBug } from '../planted-bugs.js';

/** Opens the gate at the end of every release, also where it was told not to. */
export const opensUnasked: PlantedBug = {
  name: 'opens although it was to stay closed',
  foundBy: 'the end is documented',
  options: (options) => ({ ...options, reopen: 'when-verified' }),
};
