import type { Commands } from '@graasp/deploy';

/** How what can be done next is called: lines for GitHub's command line, which start one of these workflows. */
export function commandsOnGithub(environment: string): Commands {
  const start = (workflow: string, inputs: string) => `gh workflow run ${workflow}.yml -f environment=${environment} ${inputs}`;
  return {
    resume: start('resume', '-f run={run}'),
    retryMigration: start('resume', '-f run={run} -f how=retry-migration'),
    reopen: start('resume', '-f run={run} -f how=reopen'),
    releaseHold: start('resume', '-f run={run} -f how=release-hold -f reason="looked at it"'),
    restoreDb: start('restore', '-f confirm={instance} -f snapshot={snapshot}'),
    rollBack: start('roll-back', '-f version={version}'),
    deploy: start('deploy-with-migration', '-f version={version}'),
  };
}
