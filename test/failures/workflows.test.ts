import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedStep, prepareStep, type RunningStep, runStep, workflowOf } from '../../examples/workflows/runner.fixture.js';
import { type RunnerCloud, secrets, startRunnerCloud } from '../../examples/workflows/runner-cloud.fixture.js';

/** Each workflow as the runner runs it, one after the other on one environment. What becomes of one that is cancelled in between is in `examples/workflows`. */
describe('the workflows on the runner', { timeout: 300_000 }, () => {
  let runner: RunnerCloud;
  let snapshot = '';
  beforeAll(async () => {
    runner = await startRunnerCloud();
  }, 60_000);
  const started: RunningStep[] = [];
  afterAll(async () => {
    // of a test that failed a step may go on
    for (const { child } of started) child.kill('SIGKILL');
    await runner[Symbol.asyncDispose]();
  });

  const start = (workflow: string, inputs: Readonly<Record<string, string>> | null): RunningStep => {
    started.push(runStep(prepareStep(workflow, inputs, runner.settings), runner.job));
    return started.at(-1)!;
  };
  async function done(workflow: string, inputs: Readonly<Record<string, string>> | null): Promise<EndedStep> {
    const ended = await start(workflow, inputs).ended;
    expect(ended.code, `${ended.summary}\n${ended.log}`).toBe(0);
    expect(ended.outputs).toMatchObject({ outcome: 'succeeded', left: '' });
    expect(ended.summary).toMatch(/^## \w+ on dev: succeeded\n/);
    const told = [ended.log.replace(/^::add-mask::.*$/gm, ''), ended.summary].join('\n');
    for (const secret of Object.values(secrets)) expect(told).not.toContain(secret);
    return ended;
  }
  const isClosed = () => runner.cloud.inspect.rules().some(({ conditions }) => JSON.stringify(conditions).includes('http-header'));
  const tasksOf = (service: string) => runner.cloud.inspect.services().find(({ name }) => name === service)?.runningCount;
  const database = () => runner.cloud.inspect.database();
  const versionSeen = async () => (await (await runner.cloud.connection.fetch('https://api.dev.graasp.org/api/version')).json()) as unknown;

  it('stop on schedule', async () => {
    await done('stop', null);
    expect([isClosed(), tasksOf('graasp'), database()?.status]).toEqual([true, 0, 'stopped']);
  });

  it('start', async () => {
    await done('start', { environment: 'dev' });
    expect([isClosed(), tasksOf('graasp'), database()?.status]).toEqual([false, 1, 'available']);
  });

  it('change state', async () => {
    await done('change-state', { environment: 'dev', state: 'restricted' });
    expect([isClosed(), tasksOf('graasp')]).toEqual([true, 1]);
  });

  it('deploy core', async () => {
    const { summary } = await done('deploy-core', { environment: 'dev', version: 'v1.54.9', state: 'running' });
    expect(summary).toContain('| version found | graasp v1.54.8, workers v1.54.8 |\n| version deployed | v1.54.9 |');
    expect([isClosed(), await versionSeen()]).toEqual([false, { version: 'v1.54.9' }]);
  });

  it('apply migration', async () => {
    const { outputs, summary } = await done('apply-migration', { environment: 'dev', version: 'v1.55.0' });
    snapshot = outputs['restore-point'] ?? '';
    expect(snapshot).toMatch(/^graasp-dev-v1-55-0-/);
    expect(summary).toContain('| database migrated to | v1.55.0 |\n| visitors kept out | since ');
    expect([isClosed(), tasksOf('graasp'), database()?.model?.schema]).toEqual([true, 0, 'after']);
  });

  it('restore, which without a confirmation says what it would do', async () => {
    const asked = await start('restore', { environment: 'dev', snapshot }).ended;
    expect(asked.code).toBe(1);
    expect(asked.summary).toContain("confirm: 'graasp-dev'");
    await done('restore', { environment: 'dev', snapshot, confirm: 'graasp-dev' });
    expect(database()?.model?.schema).toBe('before');
  });

  it('roll back, and what it names next', async () => {
    const { outputs, summary } = await done('roll-back', { environment: 'dev', version: 'v1.54.9' });
    const { workflow, inputs } = workflowOf(outputs['next'] ?? '');
    expect([workflow, inputs['how']]).toEqual(['resume', 'reopen']);
    expect(summary).toContain(`\`\`\`text\n${outputs['next'] ?? ''}\n\`\`\``);
    await done(workflow, inputs);
    expect([isClosed(), await versionSeen()]).toEqual([false, { version: 'v1.54.9' }]);
  });

  it('deploy with migration, cancelled while it migrates, and resume', async () => {
    const step = start('deploy-with-migration', { environment: 'dev', version: 'v1.55.0', reopen: 'when-verified' });
    await step.logged(/change migration migrate: /);
    step.child.kill('SIGINT');
    const cancelled = await step.ended;
    expect(cancelled.outputs).toMatchObject({ outcome: 'failed', left: 'hold' });

    const { workflow, inputs } = workflowOf(cancelled.outputs['next']?.split('\n')[0] ?? '');
    expect([workflow, inputs['run']]).toEqual(['resume', cancelled.outputs['run']]);
    const { summary, outputs } = await done(workflow, inputs);
    expect(summary).toMatch(/\| visitors kept out \| \d+ min \d\d s, from /);
    expect(Number(outputs['window-seconds'])).toBeGreaterThan(60);
    expect([isClosed(), await versionSeen(), database()?.model?.schema]).toEqual([false, { version: 'v1.55.0' }, 'after']);
    expect(runner.cloud.inspect.violations).toEqual([]);
  });

  it('let go of nothing that is not held', async () => {
    const { code, log } = await start('resume', { environment: 'dev', run: '20261123-080005-2cl2', how: 'release-hold', reason: 'looked at it' }).ended;
    expect(code).toBe(1);
    expect(log).toMatch(/^::error title=/m);
  });
});
