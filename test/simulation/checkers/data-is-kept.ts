import type { Checker } from '../checkers.js';
import { rowsAtFirst } from '../world.js';

/** Every database holds what was written to it and nothing else, and the one that there was at first is there still. */
export const dataIsKept: Checker = {
  name: 'data is kept',
  atEnd({ world: { cloud } }) {
    const databases = cloud.inspect.databases();
    const unequal = databases.flatMap(({ identifier, model }) => {
      const written = (model?.writesLog ?? []).reduce((sum, { rows }) => sum + rows, rowsAtFirst);
      return model === undefined || model.rows === written ? [] : [`${identifier} holds ${model.rows} rows, and ${written} were written`];
    });
    const deleted = cloud.requests.filter(({ operation, error }) => /:Delete(DBInstance|DBSnapshot)$/.test(operation) && error === undefined);
    return [...unequal, ...deleted.map(({ operation }) => `data was deleted: ${operation}`), ...(databases.length === 0 ? ['there is no database left'] : [])];
  },
};
