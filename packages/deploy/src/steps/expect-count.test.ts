import { okAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';
import { testEnvironment } from '../environment/environment.fixture.js';
import type { Expectations } from '../environment/environment.js';
import type { Baseline, BaselineScaling } from '../runs/baseline.js';
import { countUnder, expectCount, expectedCount, expectOff } from './expect-count.js';
import { environmentInRun, recordingRun } from './recording-run.fixture.js';

const off = { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true };
const scaling: BaselineScaling = { resourceId: 'service/graasp-dev/graasp', minCapacity: 2, maxCapacity: 6, suspended: { ...off, scheduledScaling: false } };

function inRun(found: BaselineScaling | null, putAside: readonly string[] = []) {
  const baseline: Baseline = { takenAt: '', byRun: 'run-1', gate: {}, services: { graasp: { desiredCount: 1, taskDefinition: '', scaling: found } }, targetGroups: {}, putAside };
  const expected: Partial<Expectations>[] = [];
  const expectations: Expectations = { gate: null, desiredCounts: { redis: 1, graasp: 9 }, suspendedScaling: {}, taskDefinitions: { graasp: 'graasp:7', redis: 'redis:1' } };
  return { expected, env: environmentInRun({ ...recordingRun({ baseline }), expectations, expect: (change) => okAsync(void expected.push(change)) }) };
}

describe('expectedCount', () => {
  it.each<[string, ReturnType<typeof inRun>, number, unknown]>([
    ['what was set, for a service that does not scale', inRun(null), 3, 3],
    ['what was set, while its scaling is put aside', inRun(scaling, ['scaling:graasp']), 3, 3],
    ['what its scaling may make of it', inRun(scaling), 3, { min: 2, max: 6 }],
    ['also what is below its limits, until something scales', inRun(scaling), 0, { min: 0, max: 6 }],
    ['also what is above its limits', inRun(scaling), 8, { min: 2, max: 8 }],
    ['what was set, where its scaling was found suspended', inRun({ ...scaling, suspended: off }), 3, 3],
  ])('is %s', (_, { env }, count, expected) => expect(expectedCount(env, 'graasp', count)).toEqual(expected));

  it('is what was set of a service that nothing is known of, and where no run has found anything', () => {
    expect(expectedCount(inRun(scaling).env, 'redis', 3)).toBe(3);
    expect(expectedCount(testEnvironment(), 'graasp', 3)).toBe(3);
    expect(countUnder(scaling, 4)).toEqual({ min: 2, max: 6 });
  });
});

describe('expectCount and expectOff', () => {
  it('tell the run the count of one service, and keep the others’', async () => {
    const { env, expected } = inRun(null);
    expect((await expectCount(env, 'graasp', 3)).isOk()).toBe(true);
    expect(expected).toEqual([{ desiredCounts: { redis: 1, graasp: 3 } }]);
  });

  it('tell it of one that is off for good, whose revision is ECS’s to decide', async () => {
    const { env, expected } = inRun(scaling);
    expect((await expectOff(env, 'graasp')).isOk()).toBe(true);
    expect(expected).toEqual([{ desiredCounts: { redis: 1, graasp: 0 }, taskDefinitions: { redis: 'redis:1' } }]);
  });

  it('have nobody to tell without a run', async () => {
    expect((await expectCount(testEnvironment(), 'graasp', 3)).isOk()).toBe(true);
    expect((await expectOff(testEnvironment(), 'graasp')).isOk()).toBe(true);
  });
});
