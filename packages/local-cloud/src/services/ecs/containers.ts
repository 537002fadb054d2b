import type { KeyValuePair } from '@aws-sdk/client-ecs';
import { randomHex } from '../../chance.js';
import type { ContainerExit, RunningContainer } from '../../hosts/host.js';
import { faultyContainer, unhealthyEndpoint } from './container-faults.js';
import type { ContainerState, Ecs, ResolvedImage, StopRequest, TaskState } from './state.js';

/** Why a task never ran: its `stoppedReason`. */
export class StartFailure extends Error {}

export interface PreparedContainer {
  readonly container: ContainerState;
  readonly image: ResolvedImage;
  readonly behaviour: 'as-declared' | 'crash-loop' | 'unhealthy';
}

/** Everything that can fail before the first process starts: images and log groups of all containers. */
export function prepareContainers(ecs: Ecs, task: TaskState): PreparedContainer[] {
  if (task.deployment?.doomed === true) throw new StartFailure('ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth');
  const prepared = task.containers.map((container): PreparedContainer => {
    const image = imageOf(ecs, task, container);
    const fault = ecs.context.faults.take('service-image', (each) => task.service !== undefined && [container.definition.image, image.declaration.reference].some((reference) => reference?.includes(each.image) ?? false));
    if (fault?.what === 'no-image') throw notFound(container);
    container.imageDigest = image.digest;
    return { container, image, behaviour: fault?.what ?? 'as-declared' };
  });
  for (const container of task.containers) checkLogGroup(ecs, container);
  return prepared;
}

/** A tag means what it means now, or, with `versionConsistency`, what it meant to the deployment's first task. */
function imageOf(ecs: Ecs, task: TaskState, container: ContainerState): ResolvedImage {
  if (task.fault?.what === 'no-image') throw notFound(container);
  const pinned = container.definition.versionConsistency === 'disabled' ? undefined : task.deployment?.images.get(container.name);
  const found = ecs.context.siblings.ecr.resolveImage(pinned === undefined ? (container.definition.image ?? '') : byDigest(container.definition.image ?? '', pinned.digest));
  if (found === undefined) throw notFound(container);
  const platform = platformOf(task);
  if (!found.platforms.includes(platform)) throw new StartFailure(`CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform '${platform}'`);
  if (pinned === undefined) task.deployment?.images.set(container.name, found);
  return found;
}

function notFound(container: ContainerState): StartFailure {
  const reference = container.definition.image ?? '';
  return new StartFailure(`CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ${reference}: ${reference}: not found`);
}

function byDigest(reference: string, digest: string): string {
  const name = reference.split('@')[0] ?? '';
  const tagAt = name.indexOf(':', name.lastIndexOf('/') + 1);
  return `${tagAt === -1 ? name : name.slice(0, tagAt)}@${digest}`;
}

export function platformOf(task: TaskState): string {
  return task.taskDefinition.definition.runtimePlatform?.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64';
}

function checkLogGroup(ecs: Ecs, container: ContainerState): void {
  const logs = logDestination(container);
  if (logs === undefined || logs.create || ecs.context.siblings.logs.groupExists(logs.group)) return;
  throw new StartFailure(
    'ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1',
  );
}

function logDestination(container: ContainerState): { readonly group: string; readonly prefix: string; readonly create: boolean } | undefined {
  const { logDriver, options } = container.definition.logConfiguration ?? {};
  const group = options?.['awslogs-group'];
  if (logDriver !== 'awslogs' || group === undefined) return undefined;
  return { group, prefix: options?.['awslogs-stream-prefix'] ?? 'ecs', create: options?.['awslogs-create-group'] === 'true' };
}

export async function startContainer(ecs: Ecs, task: TaskState, { container, image, behaviour }: PreparedContainer, requestStop: (ecs: Ecs, task: TaskState, request: StopRequest) => void): Promise<void> {
  const logs = logDestination(container);
  container.runtimeId = `${task.id}-${randomHex(ecs.context.clock, 10)}`;
  let exited = () => {};
  container.exited = new Promise((resolve) => (exited = resolve));
  const onExit = (exit: ContainerExit) => {
    if (container.exitCode !== undefined) return;
    container.lastStatus = 'STOPPED';
    container.exitCode = exit.exitCode;
    if (exit.outOfMemory) container.reason = 'OutOfMemoryError: Container killed due to memory usage';
    exited();
    if (container.definition.essential ?? true) requestStop(ecs, task, { code: 'EssentialContainerExited', reason: 'Essential container in task exited' });
  };
  const spec = {
    taskId: task.id,
    name: container.name,
    image: image.declaration,
    environment: environmentOf(ecs, task, container),
    command: commandOf(task, container),
    port: container.definition.portMappings?.[0]?.containerPort,
    onLog: (line: string) => {
      if (logs !== undefined) ecs.context.siblings.logs.append(logs.group, `${logs.prefix}/${container.name}/${task.id}`, line);
    },
    onExit,
  };
  const start = () => ecs.context.hosts.containers.start(spec).catch((error: unknown) => Promise.reject(new StartFailure((error as Error).message)));
  const running = await faultyContainer(ecs, task.fault ?? (behaviour === 'crash-loop' ? { what: 'exit', exitCode: 1, afterMs: 3_000 } : undefined), spec, start);
  container.running = behaviour === 'unhealthy' ? withoutHealth(ecs, running) : running;
  if (container.exitCode === undefined) container.lastStatus = 'RUNNING';
}

function withoutHealth(ecs: Ecs, running: RunningContainer): RunningContainer {
  return { ...running, endpoint: running.endpoint === undefined ? undefined : unhealthyEndpoint(ecs), signal: (name) => running.signal(name), outOfMemory: () => running.outOfMemory() };
}

function commandOf(task: TaskState, container: ContainerState): readonly string[] | undefined {
  return overrideOf(task, container)?.command ?? container.definition.command;
}

function environmentOf(ecs: Ecs, task: TaskState, container: ContainerState): Record<string, string> {
  const pairs: readonly KeyValuePair[] = [...(container.definition.environment ?? []), ...(overrideOf(task, container)?.environment ?? [])];
  return Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, ecs.context.siblings.rds.resolveEndpoints(value, task.network.securityGroups)]));
}

function overrideOf(task: TaskState, container: ContainerState) {
  return task.overrides.containerOverrides?.find((override) => override.name === container.name);
}
