/** How an error spells what goes on from it. */
export const commands = {
  resume: 'node --import tsx go-on.ts resume {run}',
  retryMigration: 'node --import tsx go-on.ts resume {run} --retry-migration',
  reopen: 'node --import tsx go-on.ts reopen {run}',
  restoreDb: 'node --import tsx go-on.ts restore {snapshot}',
  rollBack: 'node --import tsx go-on.ts roll-back {version}',
  deploy: 'node --import tsx go-on.ts deploy {version}',
  releaseHold: 'node --import tsx go-on.ts release-hold {run} "looked at it"',
};
