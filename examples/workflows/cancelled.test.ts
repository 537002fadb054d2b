import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedStep, outputsForCallers, prepareStep, type RunningStep, runStep, workflowOf } from './runner.fixture.js';
import { type RunnerCloud, secrets, startRunnerCloud } from './runner-cloud.fixture.js';

/** What becomes of a job that is cancelled: the runner sends SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL, each to the one process that it has started. */
describe('a release that is cancelled on the runner', { timeout: 300_000 }, () => {
  let runner: RunnerCloud;
  beforeAll(async () => {
    runner = await startRunnerCloud();
  }, 60_000);
  const started: RunningStep[] = [];
  afterAll(async () => {
    // of a test that failed a step may go on
    for (const { child } of started) child.kill('SIGKILL');
    await runner[Symbol.asyncDispose]();
  });

  const start = (workflow: string, inputs: Readonly<Record<string, string>>): RunningStep => {
    started.push(runStep(prepareStep(workflow, inputs, runner.settings), runner.job));
    return started.at(-1)!;
  };
  const release = () => start('deploy-with-migration', { environment: 'dev', version: 'v1.55.0', reopen: 'manual' });
  const closedRules = () => runner.cloud.inspect.rules().filter(({ conditions }) => JSON.stringify(conditions).includes('http-header')).length;

  function called(command: string): RunningStep {
    const { workflow, inputs } = workflowOf(command);
    return start(workflow, inputs);
  }

  function expectNoSecretIn({ log, summary, outputs }: EndedStep): void {
    const unmasked = log.split('\n').filter((line) => !line.startsWith('::add-mask::')).join('\n');
    for (const secret of Object.values(secrets)) expect([unmasked, summary, JSON.stringify(outputs)].filter((text) => text.includes(secret))).toEqual([]);
    for (const secret of Object.values(secrets)) expect(log).toContain(`::add-mask::${secret}\n`);
  }

  it('leaves a hold on the first signal, which the summary explains, and the next action of which works', async () => {
    const step = release();
    await step.logged(/^::group::await-drained$/m);
    step.child.kill('SIGINT');
    const ended = await step.ended;

    expect(ended.code).toBe(130);
    expect(ended.log).toContain('\nSIGINT: stopping. Once more ends the process at once.\n');
    expect(ended.log).toMatch(/^::notice title=The environment is held::await-drained failed: aborted/m);
    expect(ended.log).toMatch(/^::error title=Aborted in await-drained::/m);
    expect(ended.summary).toMatch(/^## deployWithMigration on dev: cancelled, the environment is held\n\n### Aborted in await-drained\n/);
    expect(ended.summary).toContain('| environment | restricted; held as it is: nothing else starts, migrates or opens it |');
    expect(ended.summary).toMatch(/\| visitors kept out \| since /);
    expect(ended.outputs).toMatchObject({ outcome: 'failed', left: 'hold', maintenance: 'on' });
    expect(outputsForCallers('operate', ended.outputs)).toEqual(ended.outputs);
    expectNoSecretIn(ended);
    expect(closedRules()).toBeGreaterThan(5);

    const reopen = ended.outputs['next']?.split('\n').find((command) => command.includes('how=reopen')) ?? '';
    expect(reopen).toBe(`gh workflow run resume.yml -f environment=dev -f run=${ended.outputs['run'] ?? ''} -f how=reopen`);
    expect(ended.summary).toContain(`\`\`\`text\n${reopen}\n\`\`\``);
    const reopened = await called(reopen).ended;
    expect([reopened.code, reopened.outputs['outcome']]).toEqual([0, 'succeeded']);
    expect(closedRules()).toBe(0);
  });

  it('tells where it was killed and what goes on from there, whichever signal it comes to', async () => {
    const step = release();
    await step.logged(/^::group::await-drained$/m);
    // from now on the run store does not answer in time: nothing can be written down any more
    runner.cloud.faults.add({ kind: 'delay', operation: 's3:PutObject', ms: 24 * 3_600_000, times: 1_000 });
    step.child.kill('SIGINT');
    await step.logged(/SIGINT: stopping/);
    expect(step.summary()).toMatch(/^## deployWithMigration on dev: cancelled, not ended\n/);
    step.child.kill('SIGTERM');
    const ended = await step.ended;
    runner.cloud.faults.clear();

    expect(ended.code).toBe(130);
    expect(ended.summary).toMatch(/The process was told to end \(SIGINT\)\. If the job is over and this still stands here, the process was killed (in await-drained|after await-drained had failed) and before it could say more\./);
    const resume = `gh workflow run resume.yml -f environment=dev -f run=${ended.outputs['run'] ?? ''}`;
    expect(ended.summary).toContain(`Continue the run:\n\n\`\`\`text\n${resume}\n\`\`\``);

    // nobody begins beside it, and it goes on where it was; this time it is killed without a word
    const other = await release().ended;
    expect([other.code, other.summary]).toEqual([1, expect.stringContaining(`Continue that run (${resume})`) as string]);
    const resumed = called(resume);
    await resumed.logged(/^::group::stop-services$/m);
    resumed.child.kill('SIGKILL');
    const killed = await resumed.ended;
    expect(killed.signal).toBe('SIGKILL');
    expect(killed.summary).toMatch(/^## deployWithMigration on dev: not ended\n\nIf the job is over and this still stands here, the process was killed in stop-services/);
    expect(killed.summary).toContain('| ✓ gate-on |  | done before |');
    expect(killed.summary).toContain(`\`\`\`text\n${resume}\n\`\`\``);
    expect(killed.outputs).toEqual({ run: ended.outputs['run'] });
    expectNoSecretIn(killed);
  });

  it('is refused with an annotation and a summary where nothing was begun', async () => {
    const { code, log, summary } = await start('change-state', { environment: 'stage', state: 'restricted' }).ended;
    expect(code).toBe(1);
    expect(log).toMatch(/^::error title=NotFound::.*graasp-stage/m);
    expect(summary).toMatch(/^## Failed\n\n### NotFound\n/);
  });
});
