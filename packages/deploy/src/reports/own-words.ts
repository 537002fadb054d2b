/**
 * Words that runs go by: keys and values of journals and reports, names of steps, fixed words of ARNs. A secret that is one of them, or part
 * of one, would take it out of the run's own data.
 */
export const ownWords: ReadonlySet<string> = new Set(
  `
  abort Aborted absent acceptLostWrites AccessDenied account accountId acknowledged acquiredAt action active actor address addresses
  administration adopted after after-shutdown again ahead allocatedStorageGiB allow alreadyApplied alsoClosed alsoFailed amazonaws among
  analyze analyzed analyzeTimeoutSeconds another application applied apply applyMigration architecture arns as-found asideAs atLeast atMost
  atOnce attempt attempts authenticate-cognito authenticate-oidc automatic autoMinorVersionUpgrade availabilityZone available
  await-db-settled await-drained await-unused awaitDbSettled awaitDrained awslogs awslogs-group awslogs-stream-prefix background backing-up
  backupRetentionDays backupWindow baseline baselineTakenAt before before-shutdown begins begun body bodyIncludes bound bounds bringOver
  byRun byTargetGroup caCertificate capacity cause certain change changed changedOptions changes check checks client-connections clients
  clientToken clock close close-and-hold closed closedAt cloudFront cluster clusterArn code command commands compatibilities complaint
  condition-values configuration confirm confirm-hold Conflict connect connection connections consequences container container-instance
  containerName containerPort continue continuedBy copyTagsToSnapshot cpuArchitecture cpuCreditsAtLeast cpuPercent crash-loop create created
  credentials current data database database-away databaseErrors databaseInsightsMode databaseName databaseResourceId databases
  databaseStatus databaseTime db-only dbLoad deadline decidedBy dedicatedLogVolume default default-action defaultSecurityGroups definition
  delete-precheck deleted deleteRequestedAt deleting deletionProtection dependsOn deploy-core deployCore deployed deploying deployment
  DeploymentFailed deploymentId deployments deployWithMigration deregisteredAt deregistrationDelaySeconds desired desiredCount desiredCounts
  detail diagnosis differences differs digest digests diskQueueDepth distribution distributions distributionsChanged distributionsClosed
  distributionsOpened does doesNotGoBack doing done doors drained dynamicScalingIn dynamicScalingOut earliestEndAt elasticloadbalancing emit
  ended endedAt endpoint engine engineVersion environment error etag eu-central events eventsBefore exists exit-code exitCode exitCodes
  expectations expiresAt fail failed failing failure failures failureTable fallbackHost fetch file finished first folder force
  foreign-change format forward found from fromEnv frontDoor functionName gate gate-off gate-on gate-open gateClosed gated GateLeak
  gateOpenedAt goesBackTo gone good group header headerName headers headerValue health healthCheckIntervalSeconds healthCheckTimeoutSeconds
  healthy healthyTargets heldSince hold hold-set holder host host-header hosts http-header http-request-method iamAuthentication identifier
  ignoreBelow image images infrastructure infrastructure-lock input instance instanceClass instanceResourceId instanceStatus
  insufficient-capacity intent interrupted intervalSeconds InvalidInput iops journal journalled keep kept kind known lastLines lastMinute lastSeen
  lastStatus lastStoppedAt lastWriterStoppedAt latest leaks leave leaves left letIn library licenseModel lift line lines list listener
  listener-rule listenerArn listenerPort listenerProtocol loadBalancer loadbalancer loadBalancerArn loadBalancerDnsName location lock
  LockLost logExports logs look looks lost lost-writes maintenance maintenanceWindow manifests manual masterUsername maxAllocatedStorageGiB
  maxCapacity mayRun meantTo memory message metric metrics migrated migration migration-in-flight migrationEndedAt MigrationFailed
  migrationIntent minCapacity minute minutes missed mixed mode moment monitoringIntervalSeconds monitoringRoleArn move-first move-tags moved
  movedTags moveTags multiAZ mutableTags name nearest network networkOf networkType never new-code-on-old-schema nextActions no-capacity
  no-exit-code no-store none none-i-accept not-created not-ended not-older note notes nothing notSeen nowhere null observed old-code-on-new-schema
  oldCodeFits olderThanDays onDrainTimeout onLines onMigrationFailure onSettleTimeout onStatus onTimeout open openedAt openTargetGroups
  operation optionGroup options other other-writers others otherTasks otherTasksEndedAt otherTasksSeen otherWriters out-of-memory outcome
  outcome-unknown over parameterGroup PartialChange partly parts passing path path-pattern pause paused pausedIo pending performanceInsights
  performanceInsightsKmsKey performanceInsightsRetentionDays plan planned planning platform platforms port prefix preflight preflight-again
  PreflightFailed present previousDeploymentId previousServiceDeploymentArn problem problems progress provenAt pruned pruneSnapshots
  publiclyAccessible put-in-place putAside putBack puttingBack read readIops readState reason recipe recipe-changed recipeName records
  redact refusals refuse Refused refusedByHold region registeredAt registeredBy rehearsal rehearseRestore release released releaseHold
  releases remedy remove renewedBy reopen reopen-when-untouched replace replayed report reported reporters repository request requestedAt
  requestId requests requiresAttributes resolved resource resource-busy resourceId restore-aside restore-error restore-point restored
  restoredAs restoreDb restoredFrom restoredInstance RestoreFailed restoreIntent restorePoint restoreSeconds restricted resume resumed resumedBy retag
  retryMigration revision role roll-back rollBack rollbacks rolled-back room rows rule rules rulesChanged rulesClosed rulesOpened run-failed
  run-migration run-started run-succeeded runId runMigration running runs runStore RunStoreFailed runtimePlatform scalableTarget
  scaled-to-zero scaling scheduledScaling schema script-failed schema-unknown schemaBefore schemaLeft second seconds secondsLeft securityGroups
  securityGroupsTaken seen self service serviceDeployment serviceOf services set-aside setAside setMaintenance settled settledMinutes
  settledSeconds signal silent since situation skip snapshot snapshot-db snapshotDb SnapshotFailed snapshotId snapshotIntent snapshots
  snapshotStatus source spot-interruption sqlConnection sqlTask stale start start-administration start-and-reopen start-services started
  startedAt startedBy startServices state status status-command statusBefore statusCode statusCommand stay stays step step-failed
  step-started step-succeeded steps stillOpen stop stop-services stopOnAbort stopped stopped-by-somebody stoppedAt stoppedBefore
  stoppedReason stoppedTasks stopping stopServices storage-full storage-optimization storageThroughput storageType store strategy stuck
  subnetGroup succeeded summary superseded supersedes supersedesHolds suspended suspendedScaling table tables tags takenAt takeWarmSnapshot
  target targetgroup targetGroupArn targetGroups targetGroupsOf targetHealth targets task task-definition task-in-flight taskArn
  taskDefinition taskDefinitionArn taskDefinitionFamily taskDefinitions tasks terminal text this-run this-step thresholds thrown TimedOut
  timeout timeoutSeconds timesHourBefore token tuneTargetGroups type umami undoing undone Unexpected unhealthy unhealthyThreshold unknown
  unprovable-gate unreadable unseen until untouched usable used usedBy usualSeconds vacuum validate value verdict verification
  VerificationFailed verify-deployment verifyDeployment version versionAt versions viewer-request-taken volatile wait wait-ended waiting waitingFor
  waits warm warm-snapshot warmSnapshotId warmSnapshotIntent warning warnings what when when-verified while-gated window within worst write
  writeIops
`
    .trim()
    .split(/\s+/),
);
