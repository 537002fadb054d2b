import type { PlantedBug } from '../planted-bugs.js';
import { answering } from '../call-of.js';

interface DescribedTask {
  readonly group?: string;
  readonly lastStatus?: string;
  readonly containers?: readonly object[];
}

/** Takes a migration that has ended for one that has succeeded. */
export const ignoresTheExitCode: PlantedBug = {
  name: 'ignores the exit code of the migration',
  foundBy: 'code fits the schema',
  handler: (inner) =>
    answering(/^DescribeTasks$/, inner, (text) => {
      const described = JSON.parse(text) as { readonly tasks?: readonly DescribedTask[] };
      return JSON.stringify({ ...described, tasks: (described.tasks ?? []).map(succeeded) });
    }),
};

function succeeded(task: DescribedTask): DescribedTask {
  if (task.group !== 'family:migrate' || task.lastStatus !== 'STOPPED') return task;
  return Object.assign({}, task, { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers: (task.containers ?? []).map(({ ...container }) => Object.assign(container, { exitCode: 0, reason: undefined })) });
}
