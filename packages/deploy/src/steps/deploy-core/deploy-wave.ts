import { err, errAsync, ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeServices, type Service, updateService } from '../../aws/ecs.js';
import { type Environment, internals } from '../../environment/environment.js';
import type { AwsWriteError, DeploymentFailed, RunError, RunStoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { putAside, putBack } from '../../states/baseline.js';
import { awaitServiceSteady } from '../await-service-steady.js';
import type { DeployedService } from '../deploy-core.js';
import { reviseTaskDefinition } from '../revise-task-definition.js';
import { requestTasks } from '../request-tasks.js';
import { restoreRollback, withoutRollback } from '../rollback.js';
import { restoreScaling, suspendScaling } from '../scaling.js';
import { sideBySide } from '../side-by-side.js';
import { awaitDeployment } from './await-deployment.js';
import { expectCount, expectOff } from '../expect-count.js';
import { beginDeployment, type BegunDeployment, type DeploymentRequest, type FoundDeployment, recallDeployment, recordDeployment } from './begin-deployment.js';
import { imagesByStrategy, type ServiceRelease } from './release-images.js';

export interface WaveContext {
  readonly version: string;
  readonly releases: ReadonlyMap<string, ServiceRelease>;
  /** Whether code from before the schema must not come back. */
  readonly migrated: boolean;
  readonly secondsLeft: () => number;
}

type DeployWaveError = AwsWriteError | WaitError | RunError | RunStoreFailed | DeploymentFailed;

interface Begun {
  readonly name: string;
  readonly release: ServiceRelease | null;
  readonly found: FoundDeployment | null;
  readonly desiredCount: number;
}

/** Brings up the services of one wave: requested one after the other, waited for together, then given back to their scaling. */
export function deployWave(env: Environment, wave: readonly string[], context: WaveContext): ResultAsync<Readonly<Record<string, DeployedService>>, DeployWaveError> {
  return safeTry<Readonly<Record<string, DeployedService>>, DeployWaveError>(async function* () {
    const begun: Begun[] = [];
    const services = yield* describeServices(env, wave);
    for (const service of services) begun.push(yield* begin(env, service, context));
    yield* sideBySide(env, begun, (together, one) => follow(env, one, { ...context, waiting: context.migrated ? env : together }));
    for (const { name, desiredCount } of begun) {
      yield* restoreScaling(env, name, desiredCount);
      yield* restoreRollback(env, name);
      yield* putBack(env, [`service:${name}`]);
    }
    return ok(Object.fromEntries(begun.flatMap((one) => (one.found === null ? [] : [[one.name, reportOf(one, one.found)]]))));
  });
}

function begin(env: Environment, service: Service, { releases, version, migrated }: WaveContext): ResultAsync<Begun, DeployWaveError> {
  const name = service.serviceName!;
  const release = releases.get(name);
  if (release === undefined) return start(env, service).map((desiredCount) => ({ name, release: null, found: null, desiredCount }));
  return prepareDeployment(env, { ...release, service }, version)
    .andThen((request) => (migrated ? withoutRollback(env, service).map((deploymentConfiguration) => ({ ...request, deploymentConfiguration })) : okAsync(request)))
    .andThen((request) => beginDeployment(env, request))
    .map((found) => ({ name, release, found, desiredCount: found.begun.desiredCount }));
}

/** The revision of a release, and how many tasks of it. */
function prepareDeployment(env: Environment, release: ServiceRelease, version: string): ResultAsync<DeploymentRequest, AwsWriteError> {
  const { service, images } = release;
  const strategy = env.definition.images?.strategy ?? 'pin';
  const named = imagesByStrategy(env, release, strategy);
  // under `retag` the revision stays the infrastructure code's own as long as it names the mutable tag
  const keeps = strategy === 'retag' && (release.current.containerDefinitions ?? []).every(({ name, image }) => named[name!] === undefined || named[name!] === image);
  const revision = keeps ? okAsync(release.current.taskDefinitionArn!) : reviseTaskDefinition(env, release.current, { images: named, version });
  const verified = strategy === 'retag' ? images : {};
  return revision.map((arn) => ({ service, revision: arn, desiredCount: recallDeployment(env, service.serviceName!)?.desiredCount ?? countToDeploy(env, service), force: strategy === 'retag', images: verified }));
}

/** What the run found, if it stopped the service; else what the service has; when that is 0, what the definition wants. */
function countToDeploy(env: Environment, service: Service): number {
  const name = service.serviceName!;
  const baseline = env[internals].run?.baseline() ?? null;
  const found = baseline?.putAside.includes(`service:${name}`) === true ? baseline.services[name]?.desiredCount : service.desiredCount;
  return found === undefined || found === 0 ? env.definition.services[name]!.desiredCount : found;
}

function start(env: Environment, service: Service): ResultAsync<number, DeployWaveError> {
  const name = service.serviceName!;
  const desiredCount = countToDeploy(env, service);
  return requestTasks(env, service, desiredCount)
    .andThen(() => expectCount(env, name, desiredCount))
    .map(() => desiredCount);
}

/** `waiting`: whose waits end when another of the wave fails. After a migration each is followed to its own end: what fails must not come back as old code. */
function follow(env: Environment, { name, release, found, desiredCount }: Begun, { migrated, secondsLeft, waiting }: WaveContext & { readonly waiting: Environment }): ResultAsync<void, DeployWaveError> {
  if (desiredCount === 0) {
    env.emit({ type: 'warning', message: `Service ${name} is to run 0 tasks, by what was found and by the definition: whether it works is not known.` });
    return okAsync(undefined);
  }
  if (found === null || release === null) return awaitServiceSteady(waiting, { service: name, desiredCount, timeoutSeconds: secondsLeft() });
  const { begun, adopted: _, ...before } = found;
  const question = { service: name, ...begun, ...before, images: (env.definition.images?.strategy ?? 'pin') === 'retag' ? release.images : {}, timeoutSeconds: secondsLeft() };
  return awaitDeployment(waiting, question)
    .andThen(() => recordDeployment(env, name, { ...begun, outcome: 'deployed' }))
    .orElse((error) => (error.kind === 'DeploymentFailed' ? leaveFailed(env, found, error, migrated) : err(error)));
}

/** Marked, so that a resume deploys anew. */
function leaveFailed(env: Environment, { begun }: FoundDeployment, error: DeploymentFailed, migrated: boolean): ResultAsync<never, DeployWaveError> {
  const isOff = error.reason === 'gone' || error.reason === 'scaled-to-zero';
  return recordDeployment(env, error.service, { ...begun, outcome: 'failed' }).andThen(() => (migrated && !isOff ? keepOff(env, begun, error) : errAsync(error)));
}

/** Whatever becomes of a failed deployment, by ECS, by a person or by the infrastructure's code: old code must not meet the new schema. */
function keepOff(env: Environment, { desiredCount }: BegunDeployment, error: DeploymentFailed): ResultAsync<never, DeployWaveError> {
  const name = error.service;
  return putAside(env, [`service:${name}`])
    .andThen(() => suspendScaling(env, name))
    .andThen(() => {
      announce(env, { resource: `service ${name}`, from: `${desiredCount} ${desiredCount === 1 ? 'task' : 'tasks'}`, to: '0 tasks', operation: 'ecs:UpdateService', why: 'its deployment failed, and old code must not meet the new schema' });
      return updateService(env, { service: name, desiredCount: 0 });
    })
    .andThen(() => expectOff(env, name))
    .orElse((stopped) => errAsync({ ...error, message: `${error.message} OLD CODE MAY BE RUNNING ON THE NEW SCHEMA: scaling it to 0 failed (${stopped.message}).` }))
    .andThen(() => errAsync({ ...error, message: `${error.message} It was scaled to 0: old code must not meet the new schema.` }));
}

function reportOf({ release, desiredCount }: Begun, { begun, adopted }: FoundDeployment): DeployedService {
  const images = Object.fromEntries(Object.entries(release?.images ?? {}).map(([container, { digest }]) => [container, digest]));
  return { taskDefinition: begun.revision, deploymentId: begun.deploymentId, desiredCount, images, adopted };
}
