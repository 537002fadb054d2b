# Commands that the documentation shows. Each is run by a test, which also keeps what those in virtual time print, and migrate: output/<region>.txt.

# #region quickstart
npx tsx examples/quickstart.ts
# #endregion quickstart

# #region migrate
npm install && npx tsx examples/migrate.ts
# #endregion migrate

# #region migrate-fail-migration
npx tsx examples/migrate.ts --fail migration
# #endregion migrate-fail-migration

# #region migrate-fail-verify
npx tsx examples/migrate.ts --fail verify
# #endregion migrate-fail-verify

# #region migrate-fail-snapshot
npx tsx examples/migrate.ts --fail snapshot
# #endregion migrate-fail-snapshot

# #region test
npm install && npm test
# #endregion test

# #region change-state
npx tsx examples/change-state.ts db-only
# #endregion change-state

# #region deploy-without-migration
npx tsx examples/deploy-without-migration.ts
# #endregion deploy-without-migration

# #region nightly-stop
npx tsx examples/nightly-stop.ts
# #endregion nightly-stop

# #region keep-db-stopped
npx tsx examples/keep-db-stopped.ts
# #endregion keep-db-stopped

# #region restore
npx tsx examples/restore.ts
# #endregion restore

# #region promote-image
npx tsx examples/promote-image.ts
# #endregion promote-image

# #region preflight
npx tsx examples/preflight.ts
# #endregion preflight

# #region preflight-missing
npx tsx examples/preflight.ts v9.9.9
# #endregion preflight-missing

# #region required-permissions
npx tsx examples/required-permissions.ts
# #endregion required-permissions

# #region required-permissions-looking
npx tsx examples/required-permissions.ts readState planTransition preflight plan
# #endregion required-permissions-looking

# #region run-report
npx tsx examples/run-report.ts
# #endregion run-report

# #region run-report-json
npx tsx examples/run-report.ts --json
# #endregion run-report-json

# #region s3-run-store
npx tsx examples/s3-run-store.ts
# #endregion s3-run-store

# #region warm-snapshot
npx tsx examples/warm-snapshot.ts
# #endregion warm-snapshot

# #region await-drained
npx tsx examples/await-drained.ts
# #endregion await-drained

# #region await-db-settled
npx tsx examples/await-db-settled.ts --analyze
# #endregion await-db-settled

# #region discover-environment
npx tsx examples/discover-environment.ts
# #endregion discover-environment

# #region failed-deployment
npx tsx examples/failed-deployment.ts
# #endregion failed-deployment

# #region close-distributions
npx tsx examples/close-distributions.ts
# #endregion close-distributions

# #region durable-release
npx tsx examples/durable-release.ts
# #endregion durable-release
