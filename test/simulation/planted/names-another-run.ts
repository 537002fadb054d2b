import type { PlantedBug } from '../planted-bugs.js';

/** Its next actions are spelled, and lead nowhere: the run that they name is another. */
export const namesAnotherRun: PlantedBug = {
  name: 'names another run',
  foundBy: 'the way on comes to an end',
  error(error) {
    if (error.situation === undefined) return error;
    const nextActions = error.situation.nextActions.map((action) => ({ ...action, command: action.command.replace(/ .*/, ' 20200101-000000-none') }));
    return { ...error, situation: { ...error.situation, nextActions } };
  },
};
