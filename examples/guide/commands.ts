/** How an error spells what goes on from it. */
export const commands = {
  resume: 'npx tsx go-on.ts resume {run}',
  retryMigration: 'npx tsx go-on.ts resume {run} --retry-migration',
  reopen: 'npx tsx go-on.ts reopen {run}',
  restoreDb: 'npx tsx go-on.ts restore {snapshot}',
  rollBack: 'npx tsx go-on.ts roll-back {version}',
  releaseHold: 'npx tsx go-on.ts release-hold {run} "looked at it"',
};
