import type { LoadBalancer } from '@aws-sdk/client-ecs';
import { addEvent } from './service-events.js';
import type { Ecs, TaskState } from './state.js';

/** Registers the task behind its balancers, at the private address that ECS gave it. */
export function registerTargets(ecs: Ecs, task: TaskState): void {
  for (const balancer of task.loadBalancers) {
    const endpoint = task.containers.find((container) => container.name === balancer.containerName)?.running?.endpoint;
    if (endpoint === undefined || balancer.targetGroupArn === undefined) continue;
    ecs.context.siblings.elbv2.registerTarget(balancer.targetGroupArn, targetOf(task, balancer), endpoint);
    if (task.service !== undefined) addEvent(ecs, task.service, `(service ${task.service.name}) registered 1 targets in (target-group ${balancer.targetGroupArn})`);
  }
}

/** Takes the task from behind its balancers; answers for how long it goes on serving, undefined when it was never there. */
export function leaveBalancer(ecs: Ecs, task: TaskState): number | undefined {
  const { elbv2 } = ecs.context.siblings;
  const registered = task.loadBalancers.filter((balancer) => balancer.targetGroupArn !== undefined && targetState(ecs, task, balancer) !== 'unused');
  if (registered.length === 0 || task.containers.every((container) => container.running === undefined)) return undefined;
  for (const balancer of registered) {
    const targetGroupArn = balancer.targetGroupArn ?? '';
    elbv2.deregisterTarget(targetGroupArn, targetOf(task, balancer));
    if (task.service === undefined) continue;
    addEvent(ecs, task.service, `(service ${task.service.name}) deregistered 1 targets in (target-group ${targetGroupArn})`);
    addEvent(ecs, task.service, `(service ${task.service.name}, taskSet ${task.startedBy ?? ''}) has begun draining connections on 1 tasks.`);
  }
  return Math.max(...registered.map((balancer) => elbv2.deregistrationDelayMs(balancer.targetGroupArn ?? '')));
}

/** `healthy` when every target of the task is, `unhealthy` when one is. */
export function healthBehindBalancer(ecs: Ecs, task: TaskState): 'healthy' | 'unhealthy' | 'unknown' {
  const states = task.loadBalancers.map((balancer) => targetState(ecs, task, balancer));
  if (states.every((state) => state === 'healthy')) return 'healthy';
  return states.includes('unhealthy') ? 'unhealthy' : 'unknown';
}

export function unhealthyTarget(ecs: Ecs, task: TaskState): LoadBalancer | undefined {
  return task.loadBalancers.find((balancer) => targetState(ecs, task, balancer) === 'unhealthy');
}

function targetState(ecs: Ecs, task: TaskState, balancer: LoadBalancer): string {
  return ecs.context.siblings.elbv2.targetHealth(balancer.targetGroupArn ?? '', targetOf(task, balancer)).state;
}

function targetOf(task: TaskState, balancer: LoadBalancer): { readonly id: string; readonly port: number } {
  return { id: task.network.privateAddress, port: balancer.containerPort ?? 0 };
}
