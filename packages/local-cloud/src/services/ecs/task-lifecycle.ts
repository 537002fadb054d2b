import { draw } from '../../chance.js';
import { leaveBalancer, registerTargets } from './balancer-targets.js';
import { prepareContainers, StartFailure, startContainer } from './containers.js';
import type { ContainerState, Ecs, StopRequest, TaskState, TaskStatus } from './state.js';

/** AWS's default and what Fargate assumes for a container without `stopTimeout`. */
const defaultStopTimeoutSeconds = 30;

/** Leads a task from PROVISIONING to STOPPED, and out of memory an hour later. */
export function lead(ecs: Ecs, task: TaskState): void {
  ecs.context.background(`ECS task ${task.id}`, async (signal) => {
    const ended = () => task.interruption.abort(signal.reason);
    signal.addEventListener('abort', ended, { once: true });
    try {
      await bringUp(ecs, task);
      await untilInterrupted(task);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StartFailure) requestStop(ecs, task, { code: 'TaskFailedToStart', reason: error.message });
      else if (task.stop === undefined) throw error;
    }
    signal.throwIfAborted();
    await takeDown(ecs, task, signal);
    await ecs.context.clock.sleep(ecs.context.timing.task.forgottenAfter, signal);
    signal.removeEventListener('abort', ended);
    ecs.state.tasks.delete(task.arn);
    ecs.state.forgotten.push(task);
    ecs.state.tags.delete(task.arn);
  });
}

/** Wants a task stopped. The first reason stays. */
export function requestStop(ecs: Ecs, task: TaskState, request: StopRequest): void {
  if (task.stop !== undefined) return;
  task.stop = request;
  task.desiredStatus = 'STOPPED';
  task.stoppingAt = ecs.context.clock.now();
  task.version += 1;
  task.interruption.abort(new Error('The task is being stopped.'));
  if (task.service !== undefined) ecs.wake(task.service);
}

async function bringUp(ecs: Ecs, task: TaskState): Promise<void> {
  const { clock } = ecs.context;
  const signal = task.interruption.signal;
  const lasts = (phase: 'provisioning' | 'pending' | 'activating') => clock.sleep(draw(clock, ecs.context.timing.task[phase]), signal);

  await lasts('provisioning');
  task.network.status = 'ATTACHED';
  task.connectivityAt = clock.now();
  become(ecs, task, 'PENDING');
  task.pullStartedAt = clock.now();
  await lasts('pending');
  const prepared = prepareContainers(ecs, task);
  task.pullStoppedAt = clock.now();
  for (const each of prepared) {
    await startContainer(ecs, task, each, requestStop);
    signal.throwIfAborted();
  }
  if (task.loadBalancers.length > 0) {
    become(ecs, task, 'ACTIVATING');
    registerTargets(ecs, task);
    await lasts('activating');
  }
  task.startedAt = clock.now();
  become(ecs, task, 'RUNNING');
}

async function takeDown(ecs: Ecs, task: TaskState, signal: AbortSignal): Promise<void> {
  const { clock } = ecs.context;
  const drainMs = leaveBalancer(ecs, task);
  if (drainMs !== undefined) {
    become(ecs, task, 'DEACTIVATING');
    await clock.sleep(isSudden(task) ? 0 : drainMs, signal);
  }
  become(ecs, task, 'STOPPING');
  await Promise.all(task.containers.map((container) => endContainer(ecs, container, signal)));
  task.executionStoppedAt = clock.now();
  become(ecs, task, 'DEPROVISIONING');
  await clock.sleep(draw(clock, ecs.context.timing.task.deprovisioning), signal);
  task.network.status = 'DELETED';
  task.stoppedAt = clock.now();
  become(ecs, task, 'STOPPED');
}

/** A process that is gone, or about to be taken away, is not waited for behind the balancer. */
function isSudden(task: TaskState): boolean {
  return task.stop?.code === 'EssentialContainerExited' || task.stop?.code === 'SpotInterruption' || task.stop?.code === 'TaskFailedToStart';
}

/** SIGTERM, and SIGKILL after the stop timeout. */
async function endContainer(ecs: Ecs, container: ContainerState, signal: AbortSignal): Promise<void> {
  const { running } = container;
  if (running !== undefined && container.lastStatus === 'RUNNING') {
    running.signal('SIGTERM');
    const patience = new AbortController();
    const giveUp = () => patience.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    const timeout = ecs.context.clock.sleep((container.definition.stopTimeout ?? defaultStopTimeoutSeconds) * 1000, patience.signal).then(
      () => running.signal('SIGKILL'),
      () => undefined,
    );
    await Promise.race([container.exited, timeout.then(() => container.exited)]);
    patience.abort();
    signal.removeEventListener('abort', giveUp);
  }
  container.lastStatus = 'STOPPED';
}

function become(ecs: Ecs, task: TaskState, status: TaskStatus): void {
  task.lastStatus = status;
  task.version += 1;
  if (task.service !== undefined) ecs.wake(task.service);
}

function untilInterrupted(task: TaskState): Promise<void> {
  const { signal } = task.interruption;
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
