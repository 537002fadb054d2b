import type { RunTaskCommandInput } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { MigrationTarget } from './migration-target.js';

/** What a task was started for: part of its `startedBy`, by which it is found again. `status`: it only asks. */
export type Purpose = 'migration' | 'status';

/** "RunTask": at most 64 characters of ASCII from 33 to 126. */
const longestToken = 64;
/** "RunTask": letters, digits, hyphens, underscores and slashes; 36 is what it was before it became 128. */
const longestStartedBy = 36;

/** Always on demand on Fargate: a migration on Spot may be interrupted at any moment. */
export function oneOffTask(target: MigrationTarget, task: { readonly startedBy: string; readonly clientToken: string; readonly command?: readonly string[] | undefined; readonly environment?: Readonly<Record<string, string>> | undefined }): Omit<RunTaskCommandInput, 'cluster'> {
  const { command, environment } = task;
  const override = {
    ...(command === undefined ? {} : { command: [...command] }),
    ...(environment === undefined ? {} : { environment: Object.entries(environment).map(([name, value]) => ({ name, value })) }),
  };
  return {
    taskDefinition: target.revision,
    launchType: 'FARGATE',
    count: 1,
    networkConfiguration: target.network,
    startedBy: task.startedBy,
    clientToken: task.clientToken,
    ...(Object.keys(override).length === 0 ? {} : { overrides: { containerOverrides: [{ name: target.container, ...override }] } }),
  };
}

export function startedBy(env: Environment, purpose: Purpose, attempt: number): string {
  return `${purpose}/${env.runId ?? ''}-${attempt}`.replace(/[^A-Za-z0-9_/-]/g, '-').slice(0, longestStartedBy);
}

/** The same for the same attempt of the same step of the same run: sent twice, RunTask answers with the first task. */
export function clientTokenOf(env: Environment, purpose: Purpose, step: string, attempt: string): string {
  return `${env.runId ?? ''}/${attempt}/${purpose}/${step}`.replace(/[^\x21-\x7e]/g, '-').slice(0, longestToken);
}
