import type { PlantedBug } from '../planted-bugs.js';

/** Takes a schema for untouched whenever its run ends in an error. */
export const saysUntouched: PlantedBug = {
  name: 'says untouched after a migration',
  foundBy: 'an error tells the truth',
  error: (error) => (error.situation === undefined ? error : { ...error, situation: { ...error.situation, schema: 'untouched' } }),
};
