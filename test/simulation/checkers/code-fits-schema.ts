import type { Checker } from '../checkers.js';

/** No visitor reaches code, and no worker writes, on a schema that the code does not fit; but for tasks that somebody starts by hand. */
export const codeFitsSchema: Checker = {
  name: 'code fits the schema',
  atEnd({ world: { cloud } }) {
    const byHand = cloud.inspect.tasks().filter(({ group, startedBy }) => group.startsWith('family:') && startedBy === undefined);
    const met = cloud.inspect.violations.filter(({ taskId }) => !byHand.some(({ arn }) => arn.endsWith(taskId)));
    return [
      ...met.slice(0, 3).map(({ at, image, schema, what }) => `${new Date(at).toISOString()}: a ${what} of ${image} met schema ${schema}`),
      ...cloud.inspect.defects.map((defect) => `the local cloud itself failed: ${defect}`),
    ];
  },
};
