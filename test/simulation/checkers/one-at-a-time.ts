import type { Checker } from '../checkers.js';

/** Who changes something has the lock; and it goes to another run only once its own has ended, or somebody has let go of that. */
export const oneAtATime: Checker = {
  name: 'one run at a time',
  atEnd: ({ world: { trespasses } }) => trespasses.slice(0, 3),
};
