import type { Checker } from '../checkers.js';

/**
 * No visitor reaches code, and no worker writes, on a schema that the code does not fit; but for tasks that somebody starts by hand, and visitors
 * of services that somebody starts behind a rule that somebody opens while nobody is at work.
 */
export const codeFitsSchema: Checker = {
  name: 'code fits the schema',
  atEnd({ world: { cloud, foreignChanges } }) {
    const byHand = cloud.inspect.tasks().filter(({ group, startedBy }) => group.startsWith('family:') && startedBy === undefined);
    const letIn = foreignChanges.includes('scales-web') && foreignChanges.includes('opens-a-rule');
    const met = cloud.inspect.violations.filter(({ taskId, what }) => !byHand.some(({ arn }) => arn.endsWith(taskId)) && !(letIn && what === 'request'));
    return [
      ...met.slice(0, 3).map(({ at, image, schema, what }) => `${new Date(at).toISOString()}: a ${what} of ${image} met schema ${schema}`),
      ...cloud.inspect.defects.map((defect) => `the local cloud itself failed: ${defect}`),
    ];
  },
};
