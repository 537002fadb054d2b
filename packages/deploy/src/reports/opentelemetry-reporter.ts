import { type Attributes, type Context, context, type Span, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { libraryVersion } from '../runs/library-version.js';
import type { DeployEvent, Reporter } from './events.js';

export interface OpentelemetryReporterOptions {
  /** What spans are made by; default the global provider's tracer `@graasp/deploy`. */
  readonly tracer?: Tracer | undefined;
}

/** A run as far as it is a trace. */
interface OpenRun {
  readonly span: Span;
  /** Its steps are below it in this. */
  readonly inside: Context;
  step: Span | null;
  /** Of the last event: what has no time of the environment's own is told at it. */
  latest: Date;
}

/**
 * Tells each run as a trace: a span for the run, below whatever span is active when it begins, and below that a span for each step.
 *
 * - Times are those of the events, which are the environment's. The name of a run's span is its recipe, of a step's its name.
 * - Waits, changes, warnings and notes are events of the step's span: `waiting` when what was seen changed, `wait-ended`; lines of logs are not.
 * - A step or run that fails has the status ERROR and its error as a recorded exception; a run also where it leaves the environment, as attributes `graasp_deploy.situation.…`.
 * - A run that is resumed is a span of its own with the same `graasp_deploy.run.id`; steps that were done before are marked `graasp_deploy.step.replayed`.
 * - `end`, which `runScript` calls, ends spans that are still open. What exports spans is the caller's: flush or shut it down after the run, before the process ends.
 */
export function opentelemetryReporter(options: OpentelemetryReporterOptions = {}): Reporter {
  const tracerOf = () => options.tracer ?? trace.getTracer('@graasp/deploy', libraryVersion);
  const runs = new Map<string, OpenRun>();
  return {
    report(event) {
      const id = event.runId ?? '';
      if (event.type === 'run-started') return void runs.set(id, beginRun(tracerOf(), event));
      const run = runs.get(id);
      if (run === undefined) return event.type === 'interrupted' ? noteOnAll(runs, event) : undefined;
      run.latest = timeOf(event);
      tell(tracerOf(), run, event);
      if (event.type === 'run-succeeded' || event.type === 'run-failed') runs.delete(id);
    },
    end() {
      for (const { span, step, latest } of runs.values()) {
        step?.end(latest);
        span.end(latest);
      }
      runs.clear();
    },
  };
}

function beginRun(tracer: Tracer, event: Extract<DeployEvent, { type: 'run-started' }>): OpenRun {
  const { recipe, environment, runId, resumed } = event;
  const attributes = { 'deployment.environment.name': environment, ...named({ 'run.id': runId ?? '', recipe, 'run.resumed': resumed }) };
  const span = tracer.startSpan(recipe, { startTime: timeOf(event), attributes });
  return { span, inside: trace.setSpan(context.active(), span), step: null, latest: timeOf(event) };
}

function tell(tracer: Tracer, run: OpenRun, event: DeployEvent): void {
  switch (event.type) {
    case 'step-started':
      run.step?.end(timeOf(event));
      run.step = tracer.startSpan(event.step, { startTime: timeOf(event), attributes: named({ 'run.id': event.runId ?? '', step: event.step }) }, run.inside);
      return;
    case 'step-succeeded':
      run.step?.setAttributes(named({ 'step.replayed': event.replayed, 'step.summary': event.summary }));
      return endStep(run, event);
    case 'step-failed':
      if (run.step !== null) failed(run.step, event, { kind: 'StepFailed', message: event.message, remedy: event.remedy });
      return endStep(run, event);
    case 'run-succeeded':
      run.span.setAttributes(named({ 'run.summary': event.summary })).setStatus({ code: SpanStatusCode.OK });
      return endRun(run, event);
    case 'run-failed':
      run.span.setAttributes(named(situationOf(event)));
      failed(run.span, event, event.error);
      return endRun(run, event);
    case 'log':
      return;
    default:
      (run.step ?? run.span).addEvent(event.type, named(detailsOf(event)), timeOf(event));
  }
}

function failed(span: Span, event: DeployEvent, { kind, message, remedy }: { readonly kind: string; readonly message: string; readonly remedy: string }): void {
  span.setAttributes({ 'error.type': kind, ...named({ remedy }) });
  span.recordException({ name: kind, message }, timeOf(event));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

function endStep(run: OpenRun, event: DeployEvent): void {
  run.step?.end(timeOf(event));
  run.step = null;
}

function endRun(run: OpenRun, event: DeployEvent): void {
  endStep(run, event);
  run.span.end(timeOf(event));
}

/** What `runScript` tells is of no run, and of the machine's time: it is noted in each that is open. */
function noteOnAll(runs: ReadonlyMap<string, OpenRun>, { message }: Extract<DeployEvent, { type: 'interrupted' }>): void {
  for (const { span, latest } of runs.values()) span.addEvent('interrupted', named({ message }), latest);
}

function situationOf({ situation }: Extract<DeployEvent, { type: 'run-failed' }>): Details {
  const { step, state, maintenance, schema, left, restorePoint, nextActions } = situation;
  return {
    'situation.step': step,
    'situation.state': state,
    'situation.maintenance': maintenance,
    'situation.schema': schema,
    'situation.left': left,
    'situation.restore_point': restorePoint,
    'situation.next_actions': nextActions.map(({ command }) => command),
  };
}

/** What an event says besides what its span knows: texts, numbers and yes or no. */
function detailsOf(event: DeployEvent): Details {
  const { at: _at, environment: _environment, runId: _runId, type: _type, ...details } = event;
  return Object.fromEntries(Object.entries(details).filter((detail): detail is [string, string | number | boolean] => ['string', 'number', 'boolean'].includes(typeof detail[1])));
}

type Details = Readonly<Record<string, string | number | boolean | string[] | undefined>>;

/** As attributes of this library: `usualSeconds` is `graasp_deploy.usual_seconds`. */
function named(details: Details): Attributes {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [`graasp_deploy.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`, value]));
}

function timeOf({ at }: DeployEvent): Date {
  return new Date(at);
}
