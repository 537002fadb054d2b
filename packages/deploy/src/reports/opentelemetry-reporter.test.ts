import { context, type Context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { errAsync, ok, okAsync } from 'neverthrow';
import { afterEach, describe, expect, it } from 'vitest';
import { internals } from '../environment/environment.js';
import { opentelemetryReporter } from '../opentelemetry.js';
import { defineRecipe } from '../runs/define-recipe.js';
import { resume } from '../runs/resume.js';
import { changing, testEnvironment } from '../runs/testing/environment.js';
import { waitUntil } from '../wait.js';
import { eventAt } from './events.fixture.js';

afterEach(() => {
  trace.disable();
  context.disable();
});

let broken = false;
const recipe = defineRecipe('recipe', async function* (run, _: object) {
  yield* run.step('first', changing({ summary: 'it is done' }));
  yield* run.step('second', (env) => {
    let looks = 0;
    env.emit({ type: 'log', source: 'core', line: 'hello' });
    env.emit({ type: 'change', planned: false, resource: 'service core', from: '0', to: '1', operation: 'ecs:UpdateService', why: 'start' });
    return waitUntil(env, { waitingFor: 'it', timeoutSeconds: 600, intervalSeconds: 60, probe: () => okAsync((looks += 1) === 1 ? { status: 'pending' as const, seen: '0 of 1', progress: 0.5 } : { status: 'done' as const, value: {} }) });
  });
  yield* run.step('third', () => (broken ? errAsync({ kind: 'Broken', message: 'it broke', remedy: 'Mend it.' }) : okAsync({})));
  return ok({ summary: 'all is well' });
});

function start() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const process = testEnvironment();
  const reporter = opentelemetryReporter({ tracer: provider.getTracer('test') });
  const env = { ...process.env, [internals]: { ...process.env[internals], reporters: [...process.env[internals].reporters, reporter] } };
  const spans = () => exporter.getFinishedSpans();
  return { ...process, env, provider, reporter, spans, span: (name: string) => spans().find((span) => span.name === name)! };
}

const secondsOf = ({ startTime, endTime }: ReadableSpan) => endTime[0] - startTime[0] + (endTime[1] - startTime[1]) / 1e9;

describe('opentelemetryReporter', () => {
  it('makes a span of a run, and below it one of each step, in the time of the environment', async () => {
    broken = false;
    const { env, events, spans, span } = start();
    (await recipe(env, {}))._unsafeUnwrap();
    const run = span('recipe');
    expect(spans().map(({ name }) => name)).toEqual(['first', 'second', 'third', 'recipe']);
    expect(spans().slice(0, 3).map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(Array.from({ length: 3 }, () => run.spanContext().spanId));
    expect(new Set(spans().map((each) => each.spanContext().traceId)).size).toBe(1);
    expect(run.parentSpanContext).toBeUndefined();
    expect(run.startTime[0]).toBe(Date.parse(events[0]!.at) / 1000);
    expect(secondsOf(span('second'))).toBeGreaterThanOrEqual(54);
    expect(secondsOf(run)).toBe(secondsOf(span('second')));
    expect(run.attributes).toEqual({ 'deployment.environment.name': 'dev', 'graasp_deploy.run.id': events[0]!.runId, 'graasp_deploy.recipe': 'recipe', 'graasp_deploy.run.resumed': false, 'graasp_deploy.run.summary': 'all is well' });
    expect(run.status).toEqual({ code: SpanStatusCode.OK });
    expect(span('first').attributes).toEqual({ 'graasp_deploy.run.id': events[0]!.runId, 'graasp_deploy.step': 'first', 'graasp_deploy.step.replayed': false, 'graasp_deploy.step.summary': 'it is done' });
  });

  it('has waits and changes as events of the step, and no lines of logs', async () => {
    broken = false;
    const { env, span } = start();
    (await recipe(env, {}))._unsafeUnwrap();
    const { events, endTime } = span('second');
    expect(events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['change', { 'graasp_deploy.planned': false, 'graasp_deploy.resource': 'service core', 'graasp_deploy.from': '0', 'graasp_deploy.to': '1', 'graasp_deploy.operation': 'ecs:UpdateService', 'graasp_deploy.why': 'start' }],
      ['waiting', { 'graasp_deploy.waiting_for': 'it', 'graasp_deploy.seen': '0 of 1', 'graasp_deploy.progress': 0.5, 'graasp_deploy.timeout_seconds': 600 }],
      ['wait-ended', { 'graasp_deploy.waiting_for': 'it', 'graasp_deploy.seconds': expect.any(Number) as number }],
    ]);
    expect(events.at(-1)!.time).toEqual(endTime);
  });

  it('has the error of a run that fails as status and exception, and where that leaves the environment', async () => {
    broken = true;
    const { env, events, span } = start();
    await recipe(env, {});
    const runId = events[0]!.runId;
    for (const [name, kind] of [['third', 'StepFailed'], ['recipe', 'Broken']] as const) {
      expect(span(name).status).toEqual({ code: SpanStatusCode.ERROR, message: 'it broke' });
      expect(span(name).events.filter((event) => event.name === 'exception').map(({ attributes }) => attributes)).toEqual([{ 'exception.type': kind, 'exception.message': 'it broke' }]);
      expect(span(name).attributes).toMatchObject({ 'error.type': kind, 'graasp_deploy.remedy': 'Mend it.' });
    }
    expect(span('recipe').attributes).toMatchObject({ 'graasp_deploy.situation.step': 'third', 'graasp_deploy.situation.left': 'hold', 'graasp_deploy.situation.next_actions': expect.arrayContaining([`release --resume ${runId}`]) as string[] });
    expect(span('recipe').events.map(({ name }) => name)).toContain('hold-set');
  });

  it('has a run that is resumed as another span of the same run, and marks what was done before', async () => {
    broken = true;
    const { env, events, spans } = start();
    await recipe(env, {});
    broken = false;
    (await resume(env, recipe, events[0]!.runId!))._unsafeUnwrap();
    const runs = spans().filter(({ name }) => name === 'recipe');
    expect(runs.map(({ attributes }) => [attributes['graasp_deploy.run.id'], attributes['graasp_deploy.run.resumed']])).toEqual([[events[0]!.runId, false], [events[0]!.runId, true]]);
    expect(spans().slice(-4).map(({ name, attributes }) => [name, attributes['graasp_deploy.step.replayed']])).toEqual([['first', true], ['second', true], ['third', false], ['recipe', undefined]]);
  });

  it('puts a run below the span that is active where it begins, and asks the global provider without a tracer', () => {
    const { provider, spans } = start();
    trace.setGlobalTracerProvider(provider);
    const outer = provider.getTracer('caller').startSpan('job');
    const inOuter = trace.setSpan(ROOT_CONTEXT, outer);
    // a manager whose active context is the caller's
    context.setGlobalContextManager({ active: () => inOuter, with: (_: Context, call: () => unknown) => call(), bind: (_: Context, target: unknown) => target, enable: () => context, disable: () => context } as never);
    const reporter = opentelemetryReporter();
    reporter.report(eventAt(0, { type: 'run-started', recipe: 'recipe', resumed: false, steps: [] }));
    reporter.report(eventAt(1, { type: 'run-succeeded', recipe: 'recipe', seconds: 1, summary: '' }));
    expect(spans().map(({ name, parentSpanContext, instrumentationScope }) => [name, parentSpanContext?.spanId, instrumentationScope.name])).toEqual([['recipe', outer.spanContext().spanId, '@graasp/deploy']]);
  });

  it('ends what is open when the process ends, a signal noted in it', () => {
    const { reporter, spans } = start();
    reporter.report(eventAt(0, { type: 'run-started', recipe: 'recipe', resumed: false, steps: ['first'] }));
    reporter.report(eventAt(7, { type: 'step-started', step: 'first' }));
    reporter.report({ at: eventAt(1, { type: 'note', message: '' }).at, environment: '', runId: null, type: 'interrupted', message: 'SIGTERM: stopping.' });
    expect(spans()).toEqual([]);
    void reporter.end!();
    void reporter.end!();
    expect(spans().map(({ name, status, events }) => [name, status.code, events.map((event) => event.name)])).toEqual([['first', SpanStatusCode.UNSET, []], ['recipe', SpanStatusCode.UNSET, ['interrupted']]]);
    expect(spans().map(secondsOf)).toEqual([0, 7]);
  });

  it('takes no notice of what is of no run', () => {
    const { reporter, spans } = start();
    for (const event of [eventAt(0, { type: 'step-started', step: 'first' }), eventAt(0, { type: 'warning', message: 'x' }), eventAt(0, { type: 'interrupted', message: 'x' })]) reporter.report({ ...event, runId: null });
    void reporter.end!();
    expect(spans()).toEqual([]);
  });
});
