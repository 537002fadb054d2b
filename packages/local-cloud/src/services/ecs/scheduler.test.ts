import { describe, expect, it } from 'vitest';
import { wakeScheduler } from './scheduler.js';
import { type Ecs, emptyState, type ServiceState, type TaskState } from './state.js';

const healthyAfter = 5_000;

/** Of a service with one task, whose scheduler first looks `early` milliseconds before the task counts as healthy. With each look at the clock a millisecond passes. */
async function lookedAt(early: number): Promise<ServiceState> {
  const background: Promise<void>[] = [];
  let time = healthyAfter - early;
  const clock = { now: () => (time += 1), sleep: async (ms: number) => void (time += ms), random: () => 0 };
  const context = { clock, region: 'eu-central-1', accountId: '123456789012', timing: { service: { schedulerTick: 1_000, healthyAfter } }, background: (_: string, act: (signal: AbortSignal) => Promise<void>) => void background.push(act(new AbortController().signal)) };
  const ecs = { context, state: emptyState(), wake: (service: ServiceState, inMs: number) => wakeScheduler(ecs, service, inMs) } as unknown as Ecs;
  const deployment = { id: 'ecs-svc/1', status: 'PRIMARY', rolloutState: 'IN_PROGRESS', updatedAt: 0, nextStartAt: 0, failedTasks: 0, serviceDeployment: { status: 'IN_PROGRESS', breakerStatus: 'MONITORING', breakerFailures: 0 } };
  const service = { name: 'jobs', status: 'ACTIVE', desiredCount: 1, deployments: [deployment], serviceDeployments: [deployment.serviceDeployment], revisions: [], events: [], deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 }, healthCheckGracePeriodSeconds: 0 } as unknown as ServiceState;
  ecs.state.tasks.set('task', { service, deployment, lastStatus: 'RUNNING', desiredStatus: 'RUNNING', startedAt: 0, createdAt: 0, wasHealthy: false, unhealthy: false, loadBalancers: [] } as unknown as TaskState);
  wakeScheduler(ecs, service, 0);
  for (let each = background.shift(); each !== undefined; each = background.shift()) await each;
  return service;
}

describe('the scheduler of a service', () => {
  it.each(Array.from({ length: 40 }, (_, early) => early))('completes a deployment whose task becomes healthy within a look that began %d ms before', async (early) => {
    const { deployments, steady } = await lookedAt(early);
    expect([deployments[0]?.rolloutState, steady]).toEqual(['COMPLETED', true]);
  });
});
