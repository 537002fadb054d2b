import { DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import { recordingRun } from './recording-run.fixture.js';
import { watchOtherTasks } from './watch-other-tasks.js';

const ecs = mockClient(ECSClient);

beforeEach(() => {
  ecs.reset();
  ecs.on(ListTasksCommand).resolves({ taskArns: [] });
  ecs.on(DescribeTasksCommand).resolves({ tasks: [] });
});

/** What is written down by the first look of a wait that is taken up again so many minutes after the last. */
async function firstLook(minutesAgo: number): Promise<number> {
  const { clock } = testEnvironment();
  const at = new Date(clock.now() - minutesAgo * 60_000).toISOString();
  const run = recordingRun({ facts: { snapshotIntent: { at: '2020-01-01T00:00:00.000Z' }, otherTasksSeen: { until: at, tasks: {} } } });
  await watchOtherTasks(testEnvironment({ internals: { run } }))();
  return run.entries.filter(({ key }) => key === 'otherTasksSeen').length;
}

describe('watchOtherTasks', () => {
  it('looks at once in a wait that is begun anew ten minutes after what was journalled, and not before', async () => {
    expect(await firstLook(9)).toBe(0);
    expect(await firstLook(11)).toBe(1);
  });
});
