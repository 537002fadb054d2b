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

# #region migrate-plan
npx tsx examples/migrate.ts --plan
# #endregion migrate-plan

# #region migrate-resume
npx tsx examples/migrate.ts --resume
# #endregion migrate-resume

# #region migrate-stop
npx tsx examples/migrate.ts --stop
# #endregion migrate-stop

# #region test
npm install && npm test
# #endregion test

# #region change-state
npx tsx examples/change-state.ts db-only
# #endregion change-state

# #region apply-migration
npx tsx examples/apply-migration.ts
# #endregion apply-migration

# #region apply-migration-deploy
npx tsx examples/apply-migration.ts --deploy
# #endregion apply-migration-deploy

# #region apply-migration-fails
npx tsx examples/apply-migration.ts v1.56.0-rc1
# #endregion apply-migration-fails

# #region apply-migration-unknown
npx tsx examples/apply-migration.ts v1.56.0-rc1 --without-status
# #endregion apply-migration-unknown

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

# #region roll-back
npx tsx examples/roll-back.ts
# #endregion roll-back

# #region roll-back-refused
npx tsx examples/roll-back.ts --migrated
# #endregion roll-back-refused

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

# #region reporters
npx tsx examples/reporters.ts
# #endregion reporters

# #region own-recipe
npx tsx examples/own-recipe.ts
# #endregion own-recipe

# #region own-recipe-fail
npx tsx examples/own-recipe.ts --fail
# #endregion own-recipe-fail

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

# By hand, with AWS's own command line: it reads the shop's schema by a task of the migration's family.

# #region status-by-hand
task=$(aws ecs run-task --cluster shop --task-definition migrate --launch-type FARGATE \
  --network-configuration 'awsvpcConfiguration={subnets=[subnet-a],securityGroups=[sg-shop],assignPublicIp=ENABLED}' \
  --overrides '{"containerOverrides":[{"name":"migrate","command":["node","status.mjs"]}]}' --query 'tasks[0].taskArn' --output text)
aws ecs wait tasks-stopped --cluster shop --tasks "$task"
aws ecs describe-tasks --cluster shop --tasks "$task" --query 'tasks[0].[stoppedReason,containers[0].exitCode]'
aws logs filter-log-events --log-group-name /ecs/migrate --log-stream-names "ecs/migrate/${task##*/}" --query 'events[].message'
# #endregion status-by-hand

# Those of the guide, in a directory of your own.

# #region guide-files
cp ../graasp-deploy/examples/guide/{account,check,commands,continue-run,discover,environment,go-on,open,permissions,rehearse,release}.ts .
cp ../graasp-deploy/examples/guide/{migrate,status}.mjs .
# #endregion guide-files

# #region guide-discover
npx tsx discover.ts > draft.ts
# #endregion guide-discover

# #region guide-rehearse
npx tsx rehearse.ts
# #endregion guide-rehearse

# #region guide-rehearse-fail
npx tsx rehearse.ts --fail
# #endregion guide-rehearse-fail

# #region guide-rehearse-real
npx tsx rehearse.ts --real
# #endregion guide-rehearse-real

# #region guide-check
npx tsx check.ts
# #endregion guide-check

# #region guide-permissions-look
npx tsx permissions.ts look
# #endregion guide-permissions-look

# #region guide-permissions-release
npx tsx permissions.ts release arn:aws:iam::123456789012:role/release
# #endregion guide-permissions-release

# #region guide-release
node --import tsx release.ts
# #endregion guide-release

# #region guide-restore-look
node --import tsx go-on.ts restore SNAPSHOT --look
# #endregion guide-restore-look

# #region guide-open
node --import tsx open.ts
# #endregion guide-open
