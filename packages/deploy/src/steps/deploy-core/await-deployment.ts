import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import { describeServiceDeployments, describeTasks, findServices, type Service, type ServiceDeployment, type Task } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsError, Conflict, DeploymentFailed, DeploymentFailureReason, WaitError } from '../../errors.js';
import { type Probe, waitUntil } from '../../wait.js';
import { deploymentFailed, failuresThatEndAWait, healthyTargets } from '../await-service-steady.js';
import { listServiceTasks } from '../await-tasks-stopped.js';
import { diagnoseService, failureOf } from '../diagnose-service.js';
import type { ReleaseImage } from '../images.js';
import { type DeploymentJudgement, type FollowedDeployment, isOurs, isOver, isRunning, judgeDeployment, type SeenDeployment } from './judge-deployment.js';

export interface DeploymentQuestion extends FollowedDeployment {
  /** What `currentServiceDeployment` was before: not ours. */
  readonly previousServiceDeploymentArn: string | null;
  /** Ids of the service's events from before. */
  readonly eventsBefore: readonly string[];
  /** container -> image that its tasks must report; empty where the revision names digests. */
  readonly images: Readonly<Record<string, ReleaseImage>>;
  readonly timeoutSeconds: number;
}

const secondsBetweenReads = 5;
/** Reads are stale for seconds after a write: what AWS does not say of the deployment itself is believed when reads this far apart agree. */
const confirmingSeconds = 10;
/** A task without a health check counts as healthy this long after it runs ("minimumHealthyPercent"). */
const secondsUntilHealthy = 40;
/** The scheduler goes on trying; so often in a row it has told that it found no room. */
const placementFailuresThatEndAWait = 5;

/**
 * Follows one deployment until it is done, and no longer than it can be: without a circuit breaker AWS never says FAILED, so its stopped
 * tasks are counted too, in a row. What is done by all accounts is done, whatever it took.
 */
export function awaitDeployment(env: Environment, question: DeploymentQuestion): ResultAsync<void, AwsError | WaitError | Conflict | DeploymentFailed> {
  const suspicion = doubtful(env);
  const steady = steadiness(env);
  const failuresInARow = failures(question);
  const arnOf = serviceDeploymentOf(question);
  const look = () =>
    safeTry<Probe<void, DeploymentFailed>, AwsError>(async function* () {
      const seen = yield* see(env, question, arnOf);
      const failed = failuresInARow(seen);
      const judged = judgeDeployment(question, seen);
      const reason = suspicion.settle(judged) ?? wrongImage(seen, question) ?? (judged.status === 'done' ? null : (failureOfTasks(failed) ?? failureOfPlacement(seen, question)));
      if (reason !== null) return ok<Probe<void, DeploymentFailed>>({ status: 'failed', error: yield* failure(env, question.service, reason, failed) });
      if (steady(question, seen, judged)) return ok<Probe<void, DeploymentFailed>>({ status: 'done', value: undefined, seen: 'deployed' });
      return ok<Probe<void, DeploymentFailed>>({ status: 'pending', ...progressOf(judged) });
    });
  return waitUntil(env, { waitingFor: `service ${question.service} to be deployed`, timeoutSeconds: question.timeoutSeconds, intervalSeconds: secondsBetweenReads, planned: () => undefined, probe: look });
}

function progressOf(judged: DeploymentJudgement): { readonly seen: string; readonly progress: number } {
  if (judged.status === 'pending') return judged;
  return judged.status === 'done' ? { seen: 'running, looking whether it stays so', progress: 0.99 } : { seen: `${judged.reason}? looking again`, progress: 0 };
}

/** A service deployment is made for a new deployment alone: with only the desired count changed the current one is an old success. */
function serviceDeploymentOf(question: DeploymentQuestion) {
  let arn: string | null = null;
  return (service: Service): string | null => {
    const primary = service.deployments?.find(({ status }) => status === 'PRIMARY');
    const isNew = question.deploymentId !== question.previousDeploymentId && primary?.id === question.deploymentId && service.currentServiceDeployment !== question.previousServiceDeploymentArn;
    arn ??= isNew ? (service.currentServiceDeployment ?? null) : null;
    return arn;
  };
}

function see(env: Environment, question: DeploymentQuestion, arnOf: (service: Service) => string | null): ResultAsync<SeenDeployment, AwsError> {
  return safeTry<SeenDeployment, AwsError>(async function* () {
    const { services } = yield* findServices(env, [question.service]);
    const service = services[0] ?? null;
    if (service === null) return ok({ service, serviceDeployment: null, tasks: [], healthyTargets: null });
    const { tasks } = yield* listServiceTasks(env, question.service).andThen((arns) => describeTasks(env, arns));
    const serviceDeployment = yield* describe(env, arnOf(service));
    return ok({ service, serviceDeployment, tasks, healthyTargets: yield* healthyTargets(env, question.service) });
  });
}

function describe(env: Environment, arn: string | null): ResultAsync<ServiceDeployment | null, AwsError> {
  return arn === null ? okAsync(null) : describeServiceDeployments(env, [arn]).map(([found]) => found ?? null);
}

/** Answers a failure once it is certain, or once reads some time apart have said the same. */
function doubtful(env: Environment) {
  let suspected: { readonly reason: DeploymentFailureReason; readonly since: number } | null = null;
  return {
    settle(judged: DeploymentJudgement): DeploymentFailureReason | null {
      if (judged.status !== 'failed') {
        suspected = null;
        return null;
      }
      if (judged.certain) return judged.reason;
      if (suspected?.reason !== judged.reason) suspected = { reason: judged.reason, since: steadyNow(env.clock) };
      return steadyNow(env.clock) - suspected.since >= confirmingSeconds * 1000 ? judged.reason : null;
    },
  };
}

/** With only the desired count changed the deployment was COMPLETED before: then tasks that nothing checks must have run for a while. */
function steadiness(env: Environment) {
  let since: number | null = null;
  return (question: DeploymentQuestion, seen: SeenDeployment, judged: DeploymentJudgement): boolean => {
    since = judged.status === 'done' ? (since ?? steadyNow(env.clock)) : null;
    if (since === null) return false;
    const unchecked = seen.healthyTargets === null && seen.tasks.some((task) => isRunning(task) && (task.healthStatus ?? 'UNKNOWN') === 'UNKNOWN');
    const announcedByAws = question.deploymentId !== question.previousDeploymentId;
    return announcedByAws || !unchecked || steadyNow(env.clock) - since >= secondsUntilHealthy * 1000;
  };
}

/** Tasks of the deployment that have failed since the step began, and since the last one that came up after them. */
function failures(question: DeploymentQuestion) {
  const over = new Set(question.stoppedBefore);
  return (seen: SeenDeployment): readonly Task[] => {
    const ours = seen.tasks.filter((task) => isOurs(task, question));
    const upSince = Math.max(Number.NEGATIVE_INFINITY, ...ours.filter((task) => isUp(task, seen)).map(({ createdAt }) => createdAt?.getTime() ?? Number.NEGATIVE_INFINITY));
    const failed = ours.filter((task) => isOver(task) && !over.has(task.taskArn!) && failureOf(task) !== null);
    for (const { taskArn, stoppedAt } of failed) if ((stoppedAt?.getTime() ?? Number.POSITIVE_INFINITY) <= upSince) over.add(taskArn!);
    return failed.filter(({ taskArn }) => !over.has(taskArn!));
  };
}

/** Whether something that looks after a task says that it is well: its health check; behind a balancer, that every running task is a healthy target. */
function isUp(task: Task, { tasks, healthyTargets }: SeenDeployment): boolean {
  return isRunning(task) && (healthyTargets === null ? task.healthStatus === 'HEALTHY' : healthyTargets >= tasks.filter(isRunning).length);
}

function failureOfTasks(failed: readonly Task[]): DeploymentFailureReason | null {
  return failed.length >= failuresThatEndAWait ? failureOf(failed.at(-1)!) : null;
}

/** Events come newest first; a task that was started since had found room. */
function failureOfPlacement({ service }: SeenDeployment, { eventsBefore }: DeploymentQuestion): DeploymentFailureReason | null {
  const messages = (service?.events ?? []).filter(({ id }) => !eventsBefore.includes(id!)).map(({ message = '' }) => message);
  const started = messages.findIndex((message) => /has started \d+ tasks|has reached a steady state/i.test(message));
  const inARow = messages.slice(0, started === -1 ? undefined : started).filter((message) => /unable to place a task|Capacity is unavailable/i.test(message));
  return inARow.length >= placementFailuresThatEndAWait ? 'no-capacity' : null;
}

/** Under `retag` a task runs whatever the tag meant when it started. */
function wrongImage({ tasks }: SeenDeployment, question: DeploymentQuestion): DeploymentFailureReason | null {
  const containers = tasks.filter((task) => isOurs(task, question) && isRunning(task)).flatMap((task) => task.containers ?? []);
  const wrong = containers.some(({ name, imageDigest }) => imageDigest !== undefined && question.images[name!]?.digests.includes(imageDigest) === false);
  return wrong ? 'image' : null;
}

function failure(env: Environment, service: string, reason: DeploymentFailureReason, failed: readonly Task[]): ResultAsync<DeploymentFailed, never> {
  return diagnoseService(env, service, failed).map((diagnosis) => deploymentFailed(service, reason, diagnosis));
}
