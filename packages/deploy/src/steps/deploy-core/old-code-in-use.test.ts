import { DescribeTaskDefinitionCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../environment/environment.js';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { oldCodeInUse } from './old-code-in-use.js';

const ecs = mockClient(ECSClient);
const schema = { version: 'v2.0.0', outcome: 'migrated', at: '', run: null } as const;

/** Services on these versions; null: nothing tells. */
async function inUse(versions: readonly (string | null)[], desiredCount = 1, records: Readonly<Record<string, JsonValue>> = {}) {
  ecs.on(DescribeTaskDefinitionCommand).callsFake(({ taskDefinition = '' }: { readonly taskDefinition?: string }) => {
    const version = versions[Number(taskDefinition)] ?? null;
    return { taskDefinition: { containerDefinitions: [{ name: 'core', image: 'elsewhere/core@sha256:1' }] }, tags: version === null ? [] : [{ key: 'graasp-deploy:version', value: version }] };
  });
  const run = recordingRun({ records });
  const services = versions.map((_, index): Service => ({ serviceName: 'graasp', taskDefinition: String(index), desiredCount }));
  return { is: (await oldCodeInUse(environmentInRun(run), schema, services))._unsafeUnwrap(), entries: run.entries };
}

beforeEach(() => ecs.reset());

describe('oldCodeInUse', () => {
  it.each<readonly [readonly (string | null)[], number, boolean]>([
    [['v1.9.9'], 1, true],
    [['v1.9.9'], 0, true],
    [['v2.0.0'], 1, false],
    [['v2.0.1'], 1, false],
    [['v2.0.0', 'v1.0.0'], 1, true],
    [[], 1, false],
    [[null], 0, true],
    [[null], 1, false],
  ])('of services on %j, which want %i tasks, says %s, and journals it once it is so', async (versions, desiredCount, expected) => {
    expect(await inUse(versions, desiredCount)).toEqual({ is: expected, entries: expected ? [{ key: 'oldCodeInUse', value: true }] : [] });
  });

  it('remembers it when some are on the new version by now', async () => {
    expect((await inUse(['v2.0.0'], 1, { oldCodeInUse: true })).is).toBe(true);
    expect(ecs.calls()).toEqual([]);
  });
});
