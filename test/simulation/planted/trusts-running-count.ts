import type { PlantedBug } from '../planted-bugs.js';
import { answering } from '../call-of.js';

/**
 * Takes the tasks of a service for stopped as soon as its `runningCount` is 0, and for stopped at that moment, while they still end what they
 * have in hand.
 */
export const trustsRunningCount: PlantedBug = {
  name: 'trusts runningCount',
  foundBy: 'a restore point holds every write',
  handler(inner, cloud) {
    const runsNothing = (group: string) => cloud.inspect.services().some(({ name, runningCount, pendingCount }) => `service:${name}` === group && runningCount + pendingCount === 0);
    const takenForStopped = new Map<string, number>();
    return answering(/^DescribeTasks$/, inner, (text) => {
      const described = JSON.parse(text) as { readonly tasks?: readonly { readonly taskArn: string; readonly group?: string }[] };
      for (const { taskArn, group } of described.tasks ?? []) if (runsNothing(group ?? '') && !takenForStopped.has(taskArn)) takenForStopped.set(taskArn, cloud.clock.now() / 1000);
      const tasks = (described.tasks ?? []).map((task) => {
        const stoppedAt = takenForStopped.get(task.taskArn);
        return stoppedAt === undefined ? task : { ...task, lastStatus: 'STOPPED', stoppedAt };
      });
      return JSON.stringify({ ...described, tasks });
    });
  },
};
