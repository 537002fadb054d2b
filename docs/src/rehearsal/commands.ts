import type { Commands } from '@graasp/deploy';

/** How next actions are spelled on this page: as the call that does it. A button reads it back, and makes that call. */
export const commands: Commands = {
  resume: "resume(env, {recipe}, '{run}')",
  retryMigration: "resume(env, {recipe}, '{run}', { retryMigration: true })",
  reopen: "reopen(env, { run: '{run}' })",
  restoreDb: "restoreDb(env, { confirm: '{instance}', from: { snapshotId: '{snapshot}' } })",
  rollBack: "rollBack(env, { to: '{version}' })",
  deploy: "deployWithMigration(env, { version: '{version}' })",
  releaseHold: "releaseHold(env, { run: '{run}', reason: 'I have looked at it' })",
};

export interface Command {
  readonly name: keyof Commands;
  /** What was filled in; empty where this command has no such place. */
  readonly run: string;
  readonly recipe: string;
  readonly instance: string;
  readonly snapshot: string;
  readonly version: string;
}

/** The command that was spelled; undefined for a line that is none of them. */
export function readCommand(line: string): Command | undefined {
  for (const name of Object.keys(commands) as (keyof Commands)[]) {
    const filled = patternOf(commands[name]).exec(line)?.groups;
    if (filled !== undefined) return { name, run: '', recipe: '', instance: '', snapshot: '', version: '', ...filled };
  }
  return undefined;
}

/** A command with one thing to fill in. */
export function spell(name: keyof Commands, filling: Partial<Omit<Command, 'name'>>): string {
  return commands[name].replace(/\{(\w+)\}/g, (place, key: string) => filling[key as keyof typeof filling] ?? place);
}

/** Every template has a place, so that a match has groups. */
function patternOf(template: string): RegExp {
  const literal = template.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\\\{(run|recipe|instance|snapshot|version)\\\}/g, "(?<$1>[^',]*)")}$`);
}
