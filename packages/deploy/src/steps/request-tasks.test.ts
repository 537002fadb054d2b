import { ECSClient, type Service, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { ok } from 'neverthrow';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Baseline } from '../runs/baseline.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';
import { requestTasks } from './request-tasks.js';

const ecs = mockClient(ECSClient);
const baseline: Baseline = { takenAt: '', byRun: 'run-0', gate: {}, services: {}, targetGroups: {}, putAside: ['service:graasp'] };
const failed = [{ status: 'PRIMARY', rolloutState: 'FAILED' }] as const;
const updates = () => ecs.commandCalls(UpdateServiceCommand).map(({ args }) => args[0].input);

/** Whether it counts as a change of the run is told by the lock that is asked for. */
async function request(service: Partial<Service>, desiredCount: number, known?: Baseline) {
  let asked = 0;
  const run = { ...recordingRun(known === undefined ? {} : { baseline: known }), assertLock: () => ((asked += 1), ok<void, never>(undefined)) };
  const env = environmentInRun(run);
  (await requestTasks(env, { serviceName: 'graasp', ...service }, desiredCount))._unsafeUnwrap();
  return { asked, changes: env.events.flatMap((event) => (event.type === 'change' ? [`${event.from} -> ${event.to}: ${event.why}`] : [])) };
}

beforeEach(() => {
  ecs.reset();
  ecs.on(UpdateServiceCommand).resolves({ service: {} });
});

describe('requestTasks', () => {
  it('asks for the tasks that are wanted', async () => {
    expect((await request({ desiredCount: 0 }, 2)).changes).toEqual(['0 tasks -> 2 tasks: as it was found']);
    expect((await request({ desiredCount: 3 }, 1)).changes).toEqual(['3 tasks -> 1 task: as it was found']);
    expect(updates()).toMatchObject([{ service: 'graasp', desiredCount: 2 }, { service: 'graasp', desiredCount: 1 }]);
    expect(updates().every(({ forceNewDeployment }) => forceNewDeployment === undefined)).toBe(true);
  });

  it('asks for nothing where they are wanted already; of what a run has put aside that is a change of this run all the same', async () => {
    expect(await request({ desiredCount: 2 }, 2)).toEqual({ asked: 0, changes: [] });
    expect(await request({ desiredCount: 2 }, 2, { ...baseline, putAside: ['gate'] })).toEqual({ asked: 0, changes: [] });
    expect(await request({ desiredCount: 2 }, 2, baseline)).toEqual({ asked: 1, changes: [] });
    expect(updates()).toEqual([]);
  });

  it('makes a deployment anew that ECS has given up, unless no tasks are wanted of it', async () => {
    expect((await request({ desiredCount: 2, deployments: [...failed] }, 2)).changes).toEqual(['a deployment that has failed -> 2 tasks: it starts no tasks any more']);
    expect(updates()).toMatchObject([{ desiredCount: 2, forceNewDeployment: true }]);
    await request({ desiredCount: 2, deployments: [...failed] }, 0);
    expect(updates().at(-1)?.forceNewDeployment).toBeUndefined();
  });
});
