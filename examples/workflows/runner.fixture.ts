import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parse } from 'yaml';

const folder = import.meta.dirname;
const root = join(folder, '../..');

export interface Workflow {
  readonly name: string;
  readonly on: { readonly workflow_dispatch?: { readonly inputs: Inputs }; readonly workflow_call?: { readonly inputs: Inputs; readonly outputs: Readonly<Record<string, { readonly value: string }>> }; readonly schedule?: readonly { readonly cron: string }[] };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

type Inputs = Readonly<Record<string, { readonly type?: string; readonly required?: boolean; readonly default?: string; readonly options?: readonly string[] }>>;

export interface Job {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean; readonly queue?: string };
  readonly 'timeout-minutes'?: number;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
}

export interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function readWorkflow(name: string): { readonly text: string; readonly workflow: Workflow } {
  const text = readFileSync(join(folder, `${name}.yml`), 'utf8');
  return { text, workflow: parse(text) as Workflow };
}

/** What GitHub knows of an environment, besides the workflow's inputs. */
export interface Settings {
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** The step of a workflow that does its work, as the runner comes to it. */
export interface PreparedStep {
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
  readonly environment: string;
  readonly group: string;
}

/** From a start by hand (`inputs`) or by schedule (null) to the step of the workflow that it calls: each expression is evaluated by GitHub's own library. */
export function prepareStep(name: string, inputs: Readonly<Record<string, string>> | null, settings: Settings): PreparedStep {
  const { on, jobs } = readWorkflow(name).workflow;
  const started = inputs === null ? {} : takeInputs(on.workflow_dispatch?.inputs ?? {}, inputs);
  const { uses = '', with: given = {} } = jobs['operate']!;
  const called = readWorkflow(/^\.\/\.github\/workflows\/(.+)\.yml$/.exec(uses)?.[1] ?? uses).workflow;
  const passed = takeInputs(called.on.workflow_call?.inputs ?? {}, evaluated(given, { inputs: started, ...settings }));
  const contexts = { inputs: passed, ...settings };
  const { environment = '', concurrency, steps = [] } = called.jobs['operate']!;
  const { run = '', env = {} } = steps.find(({ id }) => id === 'operate')!;
  return { run, env: evaluated(env, contexts), environment: evaluate(environment, contexts), group: evaluate(concurrency?.group ?? '', contexts) };
}

/** What a caller of a workflow is given, of the outputs of the step that does its work. */
export function outputsForCallers(name: string, outputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { on, jobs } = readWorkflow(name).workflow;
  const ofJob = evaluated(jobs['operate']?.outputs ?? {}, { steps: { operate: { outputs } } });
  const values = Object.entries(on.workflow_call?.outputs ?? {}).map(([output, { value }]) => [output, value]);
  return evaluated(Object.fromEntries(values) as Readonly<Record<string, string>>, { jobs: { operate: { outputs: ofJob } } });
}

/** As GitHub does when a workflow is started or called: what it does not know, misses, or does not offer, is refused. */
function takeInputs(declared: Inputs, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const name of Object.keys(given)) if (!(name in declared)) throw new Error(`unexpected input ${name}`);
  return Object.fromEntries(
    Object.entries(declared).map(([name, { required = false, default: fallback = '', options }]) => {
      const value = given[name] ?? fallback;
      if (required && value === '') throw new Error(`required input ${name} not provided`);
      if (options !== undefined && !options.includes(value)) throw new Error(`${name}: ${value} is not in the list of allowed values`);
      return [name, value];
    }),
  );
}

interface Contexts {
  readonly [name: string]: string | Contexts;
}

function evaluated(texts: Readonly<Record<string, string>>, contexts: Contexts): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, evaluate(text, contexts)]));
}

function evaluate(text: string, contexts: Contexts): string {
  const all = dictionary(contexts);
  return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => new Evaluator(new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), []).parse(), all).evaluate().coerceString());
}

function dictionary(values: Contexts): data.Dictionary {
  return new data.Dictionary(...Object.entries(values).map(([key, value]) => ({ key, value: typeof value === 'string' ? new data.StringData(value) : dictionary(value) })));
}

/** Name and inputs of the workflow that a line of GitHub's command line starts. */
export function workflowOf(command: string): { readonly workflow: string; readonly inputs: Readonly<Record<string, string>> } {
  const [, workflow = '', given = ''] = /^gh workflow run (.+?)\.yml (.*)$/.exec(command) ?? [];
  return { workflow, inputs: Object.fromEntries([...given.matchAll(/-f (\S+?)=(?:"([^"]*)"|(\S+))/g)].map(([, name = '', quoted, word = '']) => [name, quoted ?? word])) };
}

/** A step that the runner has started. */
export interface RunningStep {
  /** What the runner sends its signals to: the shell, or what stands in its place. */
  readonly child: ChildProcess;
  /** Resolves once its log has a line that matches; rejects when it ends before. */
  logged(pattern: RegExp): Promise<void>;
  readonly ended: Promise<EndedStep>;
  summary(): string;
}

export interface EndedStep {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly log: string;
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs a step as the runner does: a file of its own for the script, `bash -e`, fresh files for outputs and summary, nothing of this process's variables but those that programs need. */
export function runStep({ run, env }: PreparedStep, job: Readonly<Record<string, string>>): RunningStep {
  const place = mkdtempSync(join(tmpdir(), 'runner-'));
  const [script, summary, output] = ['script.sh', 'summary', 'output'].map((file) => join(place, file)) as [string, string, string];
  writeFileSync(script, run);
  for (const file of [summary, output]) writeFileSync(file, '');
  const { PATH = '', HOME = '' } = process.env;
  const variables = { PATH, HOME, CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output, GITHUB_RUN_ID: '4711', GITHUB_REPOSITORY: 'graasp/deploy', GITHUB_ACTOR: 'anna', ...job, ...env };
  const child = spawn('bash', ['-e', script], { cwd: root, env: variables, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<EndedStep>((resolve) =>
    child.once('close', (code, signal) => {
      const told = { code, signal, log, summary: readFileSync(summary, 'utf8'), outputs: outputsIn(readFileSync(output, 'utf8')) };
      rmSync(place, { recursive: true, force: true });
      resolve(told);
    }),
  );
  return {
    child,
    ended,
    summary: () => readFileSync(summary, 'utf8'),
    logged: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => void (pattern.test(log) && resolve());
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`It ended without logging ${String(pattern)}:\n${log}`)));
      }),
  };
}

/** As the runner reads them (actions/runner, FileCommandManager.cs); of two with one name the later. */
function outputsIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...text.matchAll(/^([^=\n]+?)<<(.+)\n([^]*?)\n\2\n/gm)].map(([, name = '', , value = '']) => [name, value]));
}
