/** Everything public that runs in a page as well as in Node. */
export { err, errAsync, ok, okAsync, Result, ResultAsync, safeTry } from 'neverthrow';
export type { Err, Ok } from 'neverthrow';

export { systemClock, type Clock } from './clock.js';
export { Redacted } from './redacted.js';
export * from './errors.js';

export type { AwsConnection, AwsCredentials } from './aws/clients.js';
export { connect, type ConnectOptions, type LockOptions } from './environment/connect.js';
export { defineEnvironment } from './environment/define-environment.js';
export {
  secretFromEnv,
  type CloudFrontGateDefinition,
  type EnvironmentDefinition,
  type HttpCheck,
  type ImageSource,
  type ImagesDefinition,
  type InfrastructureLockDefinition,
  type MaintenanceDefinition,
  type MigrationDefinition,
  type ScheduleDefinition,
  type Secret,
  type ServiceDefinition,
  type SqlTaskDefinition,
  type UmamiDefinition,
  type VersionTag,
} from './environment/definition.js';
export type { Check, Commands, Environment, JsonValue } from './environment/environment.js';
export type { FrontDoor, FrontDoorAnswer, FrontDoorRequest } from './front-door.js';
export { discoverEnvironment, type DiscoveredEnvironment, type DiscoverEnvironmentError, type DiscoverEnvironmentOptions } from './discovery/discover-environment.js';
export type { DraftNote } from './discovery/draft-notes.js';
export { waitUntil, type PendingProbe, type Probe, type WaitPolicy } from './wait.js';

export { readState, type EnvironmentState, type ReadStateError } from './states/read-state.js';
export { planTransition, type PlanTransitionError, type TransitionPlan, type TransitionStep } from './states/plan-transition.js';
export type { TransitionStepName } from './states/plan-changes.js';
export type { GateState, ServiceState } from './states/judge-state.js';
export type { StateName } from './states/state-definitions.js';

export { awaitDbSettled, type AnalyzedReport, type AwaitDbSettledError, type AwaitDbSettledOptions, type LoadThreshold, type RanOperation, type SettledMetric, type SettledReport, type SettledThresholds } from './steps/await-db-settled.js';
export { awaitDrained, type AwaitDrainedError, type AwaitDrainedOptions, type DrainedMinute, type DrainedReport, type DrainedUmami } from './steps/await-drained.js';
export { deployCore, type DeployCoreError, type DeployCoreOptions, type DeployedService, type DeployReport } from './steps/deploy-core.js';
export { keepDbStopped, type KeepDbStoppedError, type KeepDbStoppedOptions, type KeepDbStoppedReport } from './steps/keep-db-stopped.js';
export { moveTags, type MovedTag, type MoveTagsError, type MoveTagsOptions, type MoveTagsReport } from './steps/move-tags.js';
export {
  preflight,
  type CalendarPolicy,
  type PreflightError,
  type PreflightOptions,
  type PreflightPurpose,
  type PreflightReport,
  type ReleasePreflightOptions,
  type TransitionPreflightOptions,
} from './steps/preflight.js';
export { promoteImage, type CopiedImages, type PreviousImage, type PromotedImage, type PromoteImageError, type PromoteImageOptions, type PromoteImageReport } from './steps/promote-image.js';
export { pruneSnapshots, type OwnSnapshot, type PruneSnapshotsError, type PruneSnapshotsOptions, type PruneSnapshotsReport } from './steps/prune-snapshots.js';
export { rehearseRestore, type RehearseRestoreError, type RehearseRestoreOptions, type RehearseRestoreReport } from './steps/rehearse-restore.js';
export { runMigration, type MigrationReport, type RunMigrationError, type RunMigrationOptions } from './steps/run-migration.js';
export { setMaintenance, type MaintenanceReport, type SetMaintenanceError, type SetMaintenanceOptions } from './steps/set-maintenance.js';
export {
  readRecordedConfiguration,
  snapshotDb,
  type RecordedConfiguration,
  type RestorePoint,
  type SnapshotDbError,
  type SnapshotDbOptions,
  type SnapshotReport,
  type SnapshotTag,
} from './steps/snapshot-db.js';
export type { LetIn } from './steps/restore-db/visitors-since.js';
export type { NamedRestorePoint } from './steps/restore-db/find-restore-point.js';
export type { RestoredDatabase } from './steps/restore-db/consequences.js';
export type { SetAside } from './steps/restore-db/set-aside.js';
export type { SchemaRecord } from './runs/schema-record.js';
export { startDb, type StartDbError, type StartDbOptions, type StartDbReport } from './steps/start-db.js';
export { startServices, type StartServicesError, type StartServicesOptions, type StartServicesReport } from './steps/start-services.js';
export { stopDb, type StopDbError, type StopDbOptions, type StopDbReport } from './steps/stop-db.js';
export { stopServices, type StopServicesError, type StopServicesOptions, type StopServicesReport } from './steps/stop-services.js';
export { verifyDeployment, type VerificationReport, type VerifyDeploymentError, type VerifyDeploymentOptions } from './steps/verify-deployment.js';
export { takeWarmSnapshot, type TakeWarmSnapshotError, type TakeWarmSnapshotOptions, type WarmSnapshotReport } from './steps/take-warm-snapshot.js';
export type { OtherTasksPolicy } from './steps/other-tasks.js';

export { applyMigration, type ApplyMigrationError, type ApplyMigrationOptions, type ApplyMigrationReport } from './recipes/apply-migration.js';
export { deployWithMigration, type DeployWithMigrationError, type DeployWithMigrationOptions, type DeployWithMigrationReport } from './recipes/deploy-with-migration.js';
export {
  deployWithoutMigration,
  type DeployWithoutMigrationError,
  type DeployWithoutMigrationOptions,
  type DeployWithoutMigrationReport,
} from './recipes/deploy-without-migration.js';
export { failureTable } from './recipes/failure-table.js';
export { transitionTo, type TransitionOptions, type TransitionReport, type TransitionTo, type TransitionToError, type TransitionToOptions } from './recipes/transition-to.js';
export { restoreDb, type RestoreDbError, type RestoreDbOptions, type RestoreDbReport } from './recipes/restore-db.js';
export { rollBack, type RollBackError, type RollBackOptions, type RollBackReport } from './recipes/roll-back.js';
export { reopen, type ReopenError, type ReopenOptions, type ReopenReport } from './recipes/reopen.js';
export type { MigrationStepsOptions, MigrationStepsReport } from './recipes/migration-steps.js';

export { requiredPermissions, type RequiredPermissions, type RequiredPermissionsError, type RequiredPermissionsOptions } from './permissions/required-permissions.js';
export type { PolicyCondition } from './permissions/conditions.js';
export type { PolicyDocument, PolicyStatement } from './permissions/policy-document.js';
export type { RecipeName } from './permissions/step-actions.js';

export { defineRecipe, type ErrOf, type OkOf, type Recipe, type RecipeError, type RecipeSettings } from './runs/define-recipe.js';
export { plan, type Plan, type PlannedChange, type PlannedStep } from './runs/plan.js';
export { releaseHold, type ReleaseHoldError, type ReleaseHoldOptions, type ReleaseHoldReport } from './runs/release-hold.js';
export { resume } from './runs/resume.js';
export {
  runReport,
  type RunAttempt,
  type RunHold,
  type RunReleased,
  type RunReport,
  type RunReportError,
  type RunReportFailure,
  type RunReportStep,
  type RunReportWait,
  type RunVersions,
  type RunWindow,
} from './runs/run-report.js';
export type { FailureAction, FailureRow } from './runs/failure-action.js';
export type { Json } from './runs/json.js';
export type { Run } from './runs/run-steps.js';

export type { DeployEvent, DeployEventBody, Reporter, WaitingEvent } from './reports/events.js';
export { memoryRunStore } from './runs/memory-run-store.js';
export type { KeptInS3, LockHolder, RunStore, StoredDocument, StoredVersion, StoreReach } from './runs/run-store.js';
export { s3RunStore, type S3RunStoreOptions } from './runs/s3-run-store.js';
export { jsonLinesReporter } from './reports/json-lines-reporter.js';
export { webhookReporter, type WebhookReporterOptions } from './reports/webhook-reporter.js';
export { renderEvent } from './reports/render-event.js';
export { renderFailure, type Failure } from './reports/render-failure.js';
export { renderFailureMarkdown } from './reports/render-failure-markdown.js';
export { renderPreflight } from './reports/render-preflight.js';
export { renderRun } from './reports/render-run.js';
export { renderRunHtml } from './reports/render-run-html.js';
export { renderRunMarkdown } from './reports/render-run-markdown.js';
export { renderTransition } from './reports/render-transition.js';
