import { okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { type DeploymentConfiguration, describeServices, describeTasks, type Service, updateService } from '../../aws/ecs.js';
import { type Environment, internals, type JsonValue } from '../../environment/environment.js';
import type { AwsWriteError, Conflict, LockLost, RunStoreFailed, WaitError } from '../../errors.js';
import { announce } from '../../reports/announce.js';
import { deploymentRecord } from '../../runs/journal.js';
import { waitUntil } from '../../wait.js';
import { listServiceTasks } from '../await-tasks-stopped.js';
import { expectedCount } from '../expect-count.js';
import { hasGivenUp } from '../has-given-up.js';
import type { ReleaseImage } from '../images.js';
import { isOver } from './judge-deployment.js';

/** A deployment to be made of one service. */
export interface DeploymentRequest {
  readonly service: Service;
  readonly revision: string;
  readonly desiredCount: number;
  /** Also where the revision is the one in use: the tag in it was moved. */
  readonly force: boolean;
  readonly images: Readonly<Record<string, ReleaseImage>>;
  /** Where it is to be another than the service has. */
  readonly deploymentConfiguration?: DeploymentConfiguration | undefined;
}

/** The deployment that came of it; plain JSON, journalled. */
export interface BegunDeployment {
  readonly revision: string;
  readonly desiredCount: number;
  readonly previousDeploymentId: string | null;
  readonly previousServiceDeploymentArn: string | null;
  /** null: requested, and the answer not seen. */
  readonly deploymentId: string | null;
  readonly outcome: 'open' | 'failed' | 'deployed';
}

export interface FoundDeployment {
  readonly begun: BegunDeployment & { readonly deploymentId: string };
  /** Whether it was there already. */
  readonly adopted: boolean;
  readonly stoppedBefore: readonly string[];
  readonly eventsBefore: readonly string[];
}

export type BeginDeploymentError = AwsWriteError | WaitError | Conflict | RunStoreFailed | LockLost;

const visibleTimeoutSeconds = 120;

/**
 * One UpdateService that carries revision and desired count, so that no task of the old revision starts between two calls. Finding our
 * deployment in progress or complete is not a second one; one that failed is begun anew.
 */
export function beginDeployment(env: Environment, asked: DeploymentRequest): ResultAsync<FoundDeployment, BeginDeploymentError> {
  const name = asked.service.serviceName!;
  const known = recallDeployment(env, name);
  const failed = known?.outcome === 'failed' || hasGivenUp(asked.service);
  const request = { ...asked, force: asked.force || failed };
  const eventsBefore = (request.service.events ?? []).map(({ id }) => id!);
  return safeTry<FoundDeployment, BeginDeploymentError>(async function* () {
    const stoppedBefore = yield* stoppedTasks(env, name);
    const now = primaryOf(request.service);
    const ours = known !== undefined && !failed && known.revision === request.revision;
    if (ours && now?.taskDefinition === request.revision && isAfter(known, now.id)) return finish({ ...known, deploymentId: now.id! }, true);
    const intent = intentOf(request);
    yield* recordDeployment(env, name, intent);
    const answered = isThereAlready(request) ? request.service : yield* update(env, request);
    yield* expectDeployment(env, name, request);
    const deploymentId = oursIn(answered, intent, request) ?? (yield* awaitVisible(env, name, intent, request));
    return finish({ ...intent, deploymentId }, false);

    function finish(begun: BegunDeployment & { readonly deploymentId: string }, adopted: boolean): ResultAsync<FoundDeployment, BeginDeploymentError> {
      return recordDeployment(env, name, begun)
        .andThen(() => expectDeployment(env, name, begun))
        .map(() => ({ begun, adopted, stoppedBefore, eventsBefore }));
    }
  });
}

function intentOf({ service, revision, desiredCount }: DeploymentRequest): BegunDeployment {
  return {
    revision,
    desiredCount,
    previousDeploymentId: primaryOf(service)?.id ?? null,
    previousServiceDeploymentArn: service.currentServiceDeployment ?? null,
    deploymentId: null,
    outcome: 'open',
  };
}

function isThereAlready({ service, revision, desiredCount, force, deploymentConfiguration }: DeploymentRequest): boolean {
  return !force && deploymentConfiguration === undefined && service.taskDefinition === revision && service.desiredCount === desiredCount;
}

/** Whether the PRIMARY deployment is the one that was requested: the one journalled, or a later one than was there before. */
function isAfter(known: BegunDeployment, primaryId: string | undefined): boolean {
  return known.deploymentId === null ? primaryId !== known.previousDeploymentId : primaryId === known.deploymentId;
}

function update(env: Environment, request: DeploymentRequest): ResultAsync<Service, AwsWriteError> {
  const { service, revision, desiredCount, deploymentConfiguration } = request;
  announce(env, deploymentChange(request));
  const forced = request.force && service.taskDefinition === revision ? { forceNewDeployment: true } : {};
  return updateService(env, { service: service.serviceName!, taskDefinition: revision, desiredCount, ...forced, ...(deploymentConfiguration === undefined ? {} : { deploymentConfiguration }) });
}

function deploymentChange({ service, revision, desiredCount, deploymentConfiguration }: DeploymentRequest) {
  const tasks = (count: number | undefined) => `${count ?? 0} ${count === 1 ? 'task' : 'tasks'}`;
  const name = (arn: string | undefined) => arn?.split('/').at(-1) ?? 'nothing';
  return {
    resource: `service ${service.serviceName}`,
    from: `${tasks(service.desiredCount)} of ${name(service.taskDefinition)}`,
    to: `${tasks(desiredCount)} of ${name(revision)}`,
    operation: 'ecs:UpdateService',
    why: `the release: revision and desired count in one call${deploymentConfiguration === undefined ? '' : ', and no rollback by ECS onto the new schema'}`,
  };
}

/** Id of the deployment that the update made PRIMARY; undefined in a read from before it. */
function oursIn(service: Service | undefined, intent: BegunDeployment, request: DeploymentRequest): string | undefined {
  const primary = service === undefined ? undefined : primaryOf(service);
  const makesNewOne = request.force || request.service.taskDefinition !== request.revision;
  return primary?.taskDefinition === intent.revision && (!makesNewOne || primary.id !== intent.previousDeploymentId) ? primary.id : undefined;
}

/** The deployment is described some seconds after the update at the latest; until then a read shows the one before. */
function awaitVisible(env: Environment, name: string, intent: BegunDeployment, request: DeploymentRequest): ResultAsync<string, BeginDeploymentError> {
  return waitUntil<string, never, AwsWriteError>(env, {
    waitingFor: `the deployment of ${name} to be described`,
    timeoutSeconds: visibleTimeoutSeconds,
    intervalSeconds: 2,
    probe: () =>
      describeServices(env, [name]).map(([service]) => {
        const id = oursIn(service, intent, request);
        return id === undefined ? { status: 'pending' as const, seen: `${name} still shows its deployment before` } : { status: 'done' as const, value: id };
      }),
  });
}

function expectDeployment(env: Environment, name: string, { revision, desiredCount }: { readonly revision: string; readonly desiredCount: number }): ResultAsync<void, RunStoreFailed | LockLost> {
  const run = env[internals].run;
  if (run === null) return okAsync(undefined);
  const { desiredCounts, taskDefinitions } = run.expectations;
  return run.expect({ desiredCounts: { ...desiredCounts, [name]: expectedCount(env, name, desiredCount) }, taskDefinitions: { ...taskDefinitions, [name]: revision } });
}

function stoppedTasks(env: Environment, name: string): ResultAsync<readonly string[], AwsWriteError> {
  return listServiceTasks(env, name)
    .andThen((arns) => describeTasks(env, arns))
    .map(({ tasks }) => tasks.filter(isOver).map(({ taskArn }) => taskArn!));
}

function primaryOf(service: Service) {
  return service.deployments?.find(({ status }) => status === 'PRIMARY');
}

const keyOf = (name: string) => `${deploymentRecord}${name}`;

export function recordDeployment(env: Environment, name: string, begun: BegunDeployment): ResultAsync<void, RunStoreFailed | LockLost> {
  return env[internals].run?.record(keyOf(name), { ...begun }) ?? okAsync(undefined);
}

export function recallDeployment(env: Environment, name: string): BegunDeployment | undefined {
  return env[internals].run?.recall(keyOf(name)) as (JsonValue & BegunDeployment) | undefined;
}

