import { describe, expect, it } from 'vitest';
import { environmentInRun, recordingRun } from '../recording-run.fixture.js';
import { testEnvironment } from '../../environment/environment.fixture.js';
import { isOwnSnapshot } from './own-snapshots.js';
import { isWarm, readRunningTag, snapshotTags, type SnapshotFacts } from './snapshot-tags.js';

const facts: SnapshotFacts = { version: 'v2.0.0', purpose: 'restore-point', schema: null, running: 'v1.0.0' };
const known = ({ Key }: { readonly Key?: string | undefined }) => !Key!.startsWith('graasp-deploy:configuration:');
const inRun = (run: Parameters<typeof recordingRun>[0] = { step: 'snapshot-db' }) => environmentInRun(recordingRun(run));

describe('snapshotTags', () => {
  it('tells whose it is, what for, and what is in it', () => {
    const tags = snapshotTags(inRun(), { DBInstanceIdentifier: 'graasp-dev' }, facts);
    expect(tags.filter(known)).toEqual([
      { Key: 'graasp-deploy:environment', Value: 'dev' },
      { Key: 'graasp-deploy:run', Value: 'run-1' },
      { Key: 'graasp-deploy:step', Value: 'snapshot-db' },
      { Key: 'graasp-deploy:version', Value: 'v2.0.0' },
      { Key: 'graasp-deploy:schema', Value: 'none' },
      { Key: 'graasp-deploy:running', Value: 'v1.0.0' },
    ]);
    expect(tags.some((tag) => !known(tag))).toBe(true);
    expect(readRunningTag(tags)).toBe('v1.0.0');
    expect(isWarm({ TagList: [...tags] })).toBe(false);
  });

  it('leaves out what is not known, and says of a warm one that it is', () => {
    const tags = snapshotTags(inRun(), {}, { ...facts, version: undefined, purpose: 'warm', running: null });
    expect(tags.filter(known).map(({ Key }) => Key)).toEqual(['graasp-deploy:environment', 'graasp-deploy:run', 'graasp-deploy:step', 'graasp-deploy:purpose', 'graasp-deploy:schema']);
    expect(isWarm({ TagList: [...tags] })).toBe(true);
    expect(readRunningTag(tags)).toBeNull();
    expect([isWarm({}), isWarm({ TagList: [{ Key: 'purpose', Value: 'warm' }] }), isWarm({ TagList: [{ Key: 'graasp-deploy:purpose', Value: 'cold' }] })]).toEqual([false, false, false]);
  });

  it('writes names with what a tag may hold, and no more of it', () => {
    const [, run, step] = snapshotTags(inRun({ id: 'é_.:/=+-@ !?', step: 'x'.repeat(300) }), {}, facts);
    expect(run).toEqual({ Key: 'graasp-deploy:run', Value: 'é_.:/=+-@ --' });
    expect(step!.Value).toBe('x'.repeat(256));
    expect(snapshotTags(testEnvironment(), {}, facts).slice(1, 3)).toEqual([{ Key: 'graasp-deploy:run', Value: '' }, { Key: 'graasp-deploy:step', Value: '' }]);
  });

  it('leaves room for the instance’s own tags where AWS copies them, and warns where there is none', () => {
    const TagList = Array.from({ length: 42 }, (_, at) => ({ Key: `k${at}`, Value: 'v'.repeat(200) }));
    const [roomy, tight] = [inRun(), inRun()];
    expect(snapshotTags(roomy, { TagList }, facts).some((tag) => !known(tag))).toBe(true);
    expect(roomy.events).toEqual([]);
    expect(snapshotTags(tight, { TagList: [...TagList, ...TagList.slice(0, 2)], CopyTagsToSnapshot: true }, facts).every(known)).toBe(true);
    expect(tight.events).toEqual([{ type: 'warning', message: "The configuration of graasp-dev does not fit into the snapshot's tags: a restore will need it from the infrastructure's code." }]);
  });
});

describe('isOwnSnapshot', () => {
  const own = [{ Key: 'graasp-deploy:environment', Value: 'dev' }, { Key: 'graasp-deploy:run', Value: 'run-0' }];

  it.each([
    ['of this library', 'graasp-dev', own, true],
    ['of another instance', 'graasp-prod', own, false],
    ['of another environment', 'graasp-dev', [{ Key: 'graasp-deploy:environment', Value: 'prod' }, own[1]!], false],
    ['of no run', 'graasp-dev', [own[0]!], false],
    ['by hand', 'graasp-dev', undefined, false],
  ])('knows one %s', (_, DBInstanceIdentifier, TagList, expected) => {
    expect(isOwnSnapshot(testEnvironment(), { DBInstanceIdentifier, ...(TagList === undefined ? {} : { TagList }) })).toBe(expected);
  });
});
