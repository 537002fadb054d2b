import { describe, expect, it } from 'vitest';
import { definition } from '../environment/environment.fixture.js';
import { migrationProblems, migrationStepNames, type MigrationStepsOptions } from './migration-steps.js';

const version = 'v1.0.0';
const problems = (options: object) => migrationProblems(definition, { version, ...options }, ['deploy-core']);

describe('the options of a release with a migration', () => {
  it.each<object>([
    {},
    { settledSeconds: 0.5 },
    { ignoreBelow: 0, ignoreVisitorsBelow: 0 },
    { warm: false, retryMigration: true },
    { snapshot: 'before-shutdown', onDrainTimeout: 'fail', administration: 'keep', otherTasks: 'wait', calendar: 'warn', tuneTargetGroups: 'never', onMigrationFailure: 'reopen-when-untouched', onSettleTimeout: 'continue' },
    { onFailure: { 'gate-on': 'hold', 'await-drained': 'hold', 'stop-services': 'hold', 'snapshot-db': 'hold' } },
    { timeoutSeconds: { 'deploy-core': 1, 'run-migration': 60 } },
    { warm: true, timeoutSeconds: { 'warm-snapshot': 60 } },
  ])('may be %j', (options) => {
    expect(problems(options)).toEqual([]);
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN, 0, -1, '300'])('may not be settledSeconds %s, which would never be over, or at once', (settledSeconds) => {
    expect(problems({ settledSeconds })).toEqual([expect.stringMatching(/^settledSeconds: expected a positive number, got /)]);
  });

  it.each<readonly [object, string]>([
    [{ ignoreBelow: -1 }, 'ignoreBelow: expected a number of requests, got -1 (number)'],
    [{ ignoreBelow: Number.NaN }, 'ignoreBelow: expected a number of requests, got NaN (number)'],
    [{ ignoreVisitorsBelow: '5' }, "ignoreVisitorsBelow: expected a number of visitors, got '5' (string)"],
    [{ warm: 'yes' }, "warm: expected a boolean, got 'yes' (string)"],
    [{ retryMigration: 1 }, 'retryMigration: expected a boolean, got 1 (number)'],
    [{ onFailure: 'hold' }, "onFailure: expected an object, got 'hold' (string)"],
    [{ onFailure: { 'snapshot-db': 'reopen' } }, "onFailure.snapshot-db: expected 'hold', got 'reopen' (string)"],
    [{ onFailure: { 'run-migration': 'hold' } }, 'onFailure.run-migration: expected one of gate-on, await-drained, stop-services, snapshot-db: before those nothing is changed, and after them everything is held'],
    [{ onFailure: { preflight: 'hold' } }, 'onFailure.preflight: expected one of gate-on, await-drained, stop-services, snapshot-db: before those nothing is changed, and after them everything is held'],
    [{ timeoutSeconds: { preflight: 1 } }, 'timeoutSeconds.preflight: expected one of gate-on, await-drained, stop-services, snapshot-db, run-migration, await-db-settled, deploy-core'],
    [{ warm: true, timeoutSeconds: { 'preflight-again': 1 } }, 'timeoutSeconds.preflight-again: expected one of warm-snapshot, gate-on, await-drained, stop-services, snapshot-db, run-migration, await-db-settled, deploy-core'],
    [{ reopen: 'manual' }, expect.stringMatching(/^reopen: unknown option; known are version, /) as never],
  ])('may not be %j', (options, problem) => {
    expect(problems(options)).toEqual([problem]);
  });

  it('are refused for a definition that tells neither how the database is migrated nor where images are', () => {
    const { migration: _, images: __, ...bare } = definition;
    expect(migrationProblems(bare, { version }, [])).toEqual(['definition: expected migration (which task migrates the database), got nothing', 'definition: expected images (where the images of a version are), got nothing']);
  });
});

describe('the steps of a release with a migration', () => {
  const names = (options: Partial<MigrationStepsOptions>, images = definition.images!) => migrationStepNames({ version, ...options }, { ...definition, images });

  it('are those that its options and the definition ask for', () => {
    const always = ['preflight', 'gate-on', 'await-drained', 'stop-services', 'snapshot-db', 'run-migration', 'await-db-settled'];
    expect([names({}), names({ warm: false, snapshot: 'after-shutdown' })]).toEqual([always, always]);
    expect(names({ snapshot: 'before-shutdown' }).slice(3, 5)).toEqual(['snapshot-db', 'stop-services']);
    expect(names({ warm: true }).slice(0, 4)).toEqual(['preflight', 'warm-snapshot', 'preflight-again', 'gate-on']);
    expect(names({ warm: true }, { ...definition.images!, source: { registry: 'public.ecr.aws', repository: 'graasp/graasp' } }).slice(0, 3)).toEqual(['preflight', 'promote-image', 'warm-snapshot']);
  });
});
