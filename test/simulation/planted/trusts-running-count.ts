import type { PlantedBug } from '../planted-bugs.js';
import { callOf, withAnswer } from '../call-of.js';

/** Takes the tasks of a service for stopped as soon as its `runningCount` is 0, while they still end what they have in hand. */
export const trustsRunningCount: PlantedBug = {
  name: 'trusts runningCount',
  foundBy: 'a restore point holds every write',
  handler(inner, cloud) {
    const runsNothing = (group: string) => cloud.inspect.services().some(({ name, runningCount, pendingCount }) => `service:${name}` === group && runningCount + pendingCount === 0);
    return {
      ...inner,
      async handle(request, options) {
        const answer = await inner.handle(request, options);
        if (callOf(request).operation !== 'DescribeTasks') return answer;
        return withAnswer(answer, (text) => {
          const described = JSON.parse(text) as { readonly tasks?: readonly { readonly group?: string }[] };
          const tasks = (described.tasks ?? []).map((task) => (runsNothing(task.group ?? '') ? { ...task, lastStatus: 'STOPPED' } : task));
          return JSON.stringify({ ...described, tasks });
        });
      },
    };
  },
};
