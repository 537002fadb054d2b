import { DescribeTasksCommand, ECSClient, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, testEnvironment } from '../../environment/environment.fixture.js';
import { internals } from '../../environment/environment.js';
import { putJson } from '../../runs/store-document.js';
import { checkRuns } from './check-runs.js';
import { question } from './question.fixture.js';
import type { Question } from './question.js';

const ecs = mockClient(ECSClient);

function running(...tasks: readonly Task[]): void {
  ecs.on(ListTasksCommand).resolves({ taskArns: tasks.map(({ taskArn }) => taskArn!) });
  ecs.on(DescribeTasksCommand).resolves({ tasks: tasks.map((task) => ({ lastStatus: 'RUNNING', ...task })) });
}

interface Setting {
  readonly as?: Partial<Question>;
  readonly lock?: object;
  readonly otherWriters?: (typeof definition)['otherWriters'];
  readonly volatile?: string | undefined;
}

async function look({ as = {}, lock, otherWriters, volatile }: Setting = {}) {
  const env = testEnvironment({ definition: { ...definition, ...(otherWriters === undefined ? {} : { otherWriters }) } });
  const { runStore } = env[internals];
  if (lock !== undefined) (await putJson(runStore, 'dev/lock', { run: 'run-0', recipe: 'deploy', holder: { actor: 'anna' }, ...lock }))._unsafeUnwrap();
  const lasting = { ...env, [internals]: { ...env[internals], runStore: { ...runStore, name: 'files', volatile } } };
  return (await checkRuns(lasting, question({}, as)))._unsafeUnwrap();
}

const only = async (name: string, setting: Setting = {}) => (await look(setting)).find((check) => check.name === name);
const other: Task = { taskArn: 'arn:task/graasp-dev/t1', group: 'family:report' };

beforeEach(() => {
  ecs.reset();
  running();
});

describe('checkRuns', () => {
  it('tells that nobody else is at work', async () => {
    expect((await look()).map(({ group, name, status, detail }) => `${group}: ${status} ${name}: ${detail}`)).toEqual([
      'runs: ok hold: none',
      'runs: ok lock: no other run',
      'runs: ok migration: none in flight',
      'runs: ok other tasks: none',
      'runs: ok run store: files',
      'runs: warning infrastructure code: nothing keeps an apply of it from changing rules, counts and revisions during the release',
    ]);
    expect(await only('infrastructure code')).toMatchObject({ remedy: 'Name its state in the definition (infrastructureLock), or see that nobody applies it until the release has ended; a change is noticed, and ends the run.' });
  });

  it('fails while another run is at work, and after one that stopped without an end', async () => {
    expect(await only('lock', { lock: { expiresAt: '2026-11-23T11:00:00Z' } })).toMatchObject({ status: 'failed', detail: 'run run-0 (deploy) is at work', remedy: 'Wait until it has ended.' });
    expect(await only('lock', { lock: { expiresAt: '2026-11-23T09:00:00Z' } })).toMatchObject({ status: 'failed', detail: 'run run-0 (deploy) stopped without an end; its lock was good until 2026-11-23T09:00:00Z' });
  });

  it('fails while a migration runs, and tells how one that hangs is stopped', async () => {
    running({ taskArn: 'arn:task/graasp-dev/m1', group: 'family:migrate' });
    expect(await only('migration')).toEqual({
      group: 'runs',
      name: 'migration',
      status: 'failed',
      detail: 'in flight: family:migrate m1',
      remedy: 'Wait until it is STOPPED; if a run of this library started it, resume that run. One that hangs is stopped by `aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task m1`; what it has begun in the database may still be carried out.',
    });
    expect(await only('other tasks')).toMatchObject({ status: 'ok', detail: 'none' });
  });

  it.each<[Question['otherTasks'], string, string]>([
    ['refuse', 'failed', "Wait for them, or stop them: `aws ecs stop-task --region eu-central-1 --cluster graasp-dev --task t1`. otherTasks: 'wait' waits, otherTasks: 'allow' goes on regardless."],
    ['wait', 'warning', 'They are waited for before the snapshot.'],
    ['allow', 'warning', 'They are not waited for: see that they write nothing during the release.'],
  ])('makes of another task, with otherTasks: %s, what is %s', async (otherTasks, status, remedy) => {
    running(other);
    expect(await only('other tasks', { as: { otherTasks } })).toEqual({ group: 'runs', name: 'other tasks', status, detail: 'of no declared service, and may write to the database: family:report t1', remedy });
  });

  it('wants writers outside of ECS acknowledged where something is migrated', async () => {
    const otherWriters = [{ name: 'cron', acknowledged: false }, { name: 'etl', acknowledged: true }];
    const writers = async (as: Partial<Question>) => (await look({ otherWriters, as })).filter(({ name }) => name.startsWith('writer'));
    expect(await writers({})).toEqual([
      { group: 'runs', name: 'writer cron', status: 'failed', detail: 'cron may write to the database, and ECS does not run it', remedy: 'Stop it, then set acknowledged: true on it in the definition.' },
      { group: 'runs', name: 'writer etl', status: 'ok', detail: 'acknowledged: a person stops it' },
    ]);
    expect((await writers({ purpose: 'deployment' })).map(({ status, detail }) => `${status}: ${detail}`)).toEqual(['skip: nothing is migrated', 'skip: nothing is migrated']);
  });

  it('warns of a store that does not last', async () => {
    expect(await only('run store', { volatile: 'it ends with this process' })).toEqual({ group: 'runs', name: 'run store', status: 'warning', detail: 'files: it ends with this process', remedy: 'Nothing could be resumed without it: keep it where it outlives this machine.' });
  });
});
