import { ServiceFault, type Operations } from '../context.js';
import type { Clock } from '../clock.js';
import type { Faults, OperationFault } from '../faults.js';
import type { Range } from '../timing.js';
import { copyAnswer } from './copy-answer.js';
import type { Authorizer } from '../iam/authorizer.js';
import { inBothForms, refusal } from './operation-faults.js';
import { parseRequest, regionOf, type ParsedRequest } from './parse-request.js';
import type { ErrorDialect, Protocol, ProtocolAnswer } from './protocol.js';
import type { RequestLog } from './request-log.js';
import type { OperationSchema, ServiceModel, ServiceName } from './service-models.js';
import { createStaleAnswers, isRead, type Outcome } from './stale-answers.js';
import { validateInput } from './validate-input.js';

export type { ServiceName } from './service-models.js';

export interface WireOptions {
  /** The services of a region; asked at every request, for any region: one that nobody set up is an account with nothing in it. */
  readonly region: (region: string) => Readonly<Partial<Record<ServiceName, Operations>>>;
  readonly accountId: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly authorizer: Authorizer;
  readonly log?: RequestLog | undefined;
  /** Called by the fault `crash-caller`; the call is never answered. */
  readonly onCrashCaller?: ((operation: string) => void) | undefined;
  /** Told when a handler throws what is not a `ServiceFault`: a defect of the local cloud, which the caller sees as InternalFailure. */
  readonly onDefect?: ((operation: string, error: unknown) => void) | undefined;
  /** `Timing.staleness`: Describe… and List… answer with what they answered before a write to the service, for so long after it. */
  readonly staleness?: Range | undefined;
}

export interface WireRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** `lost`: what was asked has happened, the connection broke before the answer. `never`: the call crashed its caller. */
export type WireAnswer = HttpAnswer | { readonly kind: 'lost' | 'never' };

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Wire {
  /** Answers any request, malformed ones too; never rejects. */
  handle(request: WireRequest): Promise<WireAnswer>;
}

/** Bytes of a request's body; more is answered 413. */
export const bodyLimit = 4 * 1024 * 1024;

/** One server for all services, told by the schemas of the SDK's clients how each speaks. */
export function createWire(options: WireOptions): Wire {
  const runtime: Runtime = { ...options, stale: createStaleAnswers(), requests: 0, serverErrors: 0 };
  return { handle: async (request) => withoutBody(request, await answer(runtime, request)) };
}

/** HEAD is told what GET would be, but not the body; nor has one what is not modified. */
function withoutBody({ method }: WireRequest, answered: WireAnswer): WireAnswer {
  return answered.kind === 'answer' && (method === 'HEAD' || answered.status === 304) ? { ...answered, body: new Uint8Array() } : answered;
}

interface Runtime extends WireOptions {
  readonly stale: ReturnType<typeof createStaleAnswers>;
  requests: number;
  serverErrors: number;
}

/** One request on its way through the wire. */
interface Call extends ParsedRequest {
  readonly request: WireRequest;
  readonly requestId: string;
  readonly region: string;
  /** `ecs:UpdateService` */
  readonly name: string;
}

/** Asked by who has no credentials yet, so that nothing tells a region. */
const unsigned: Readonly<Record<string, string>> = { 'sts:AssumeRoleWithWebIdentity': 'us-east-1' };

async function answer(runtime: Runtime, request: WireRequest): Promise<WireAnswer> {
  const requestId = nextRequestId(runtime);
  const parsed = await parseRequest(request);
  if (request.body.byteLength > bodyLimit) return failed(runtime, parsed.protocol, parsed.service, new ServiceFault('RequestEntityTooLarge', `The body of the request has more than ${bodyLimit} bytes.`, 413), requestId);
  if ('problem' in parsed) return failed(runtime, parsed.protocol, parsed.service, new ServiceFault('UnknownOperationException', parsed.problem, 404), requestId);
  const name = `${parsed.service.name}:${parsed.operationName}`;
  const region = regionOf(request) ?? unsigned[name];
  if (region === undefined) return failed(runtime, parsed.protocol, parsed.service, new ServiceFault('MissingAuthenticationToken', 'Missing Authentication Token', 403), requestId);
  return answerCall(runtime, { ...parsed, request, requestId, region, name });
}

async function answerCall(runtime: Runtime, call: Call): Promise<WireAnswer> {
  const schema = call.service.operation(call.operationName);
  const handler = runtime.region(call.region)[call.service.name]?.[call.operationName] as ((input: unknown) => unknown) | undefined;
  const input = readInput(call, schema);
  const fault = runtime.faults.onOperation(call.name);

  if (fault?.kind === 'delay') await runtime.clock.sleep(fault.ms ?? 0);
  if (fault?.kind === 'crash-caller' && fault.when === 'before') return crashCaller(runtime, call);
  const outcome = schema === undefined || handler === undefined ? notImplemented(call) : await outcomeOf(runtime, call, handler, input, fault);
  const answered = write(runtime, call, schema, input, outcome);
  if (fault?.kind === 'crash-caller') return crashCaller(runtime, call);
  return fault?.kind === 'lost-response' ? { kind: 'lost' } : answered;
}

/** The input, or the error that AWS answers to one that it cannot use. */
function readInput({ protocol, service, request }: Call, schema: OperationSchema | undefined): { readonly value: unknown; readonly refused?: ServiceFault } {
  if (schema === undefined) return { value: undefined };
  let value: unknown;
  try {
    value = protocol.readInput(schema, request);
  } catch (error) {
    return { value: undefined, refused: error instanceof ServiceFault ? error : new ServiceFault('SerializationException', String(error)) };
  }
  const problem = validateInput(schema.input, value);
  if (problem === undefined) return { value };
  if (problem.kind === 'missing') return { value, refused: new ServiceFault(service.invalid.code, service.invalid.missing(problem.member)) };
  const message = `${problem.member} is not a ${problem.expected}.`;
  return { value, refused: protocol.name === 'query' ? new ServiceFault('MalformedInput', message) : new ServiceFault('SerializationException', message) };
}

type Input = ReturnType<typeof readInput>;

async function outcomeOf(runtime: Runtime, call: Call, handler: (input: unknown) => unknown, input: Input, fault: OperationFault | undefined): Promise<Outcome> {
  const refused = (fault === undefined ? undefined : refusal(fault, { ...call, caller: runtime.authorizer.caller.arn, input: input.value }, fault.kind === 'server-error' ? runtime.serverErrors++ : 0)) ?? input.refused ?? denial(runtime, call, input);
  if (refused !== undefined) return { kind: 'thrown', error: refused };

  const scope = `${call.region} ${call.service.name}`;
  if (!isRead(call.operationName)) {
    const outcome = await attempt(handler, input.value);
    runtime.stale.rememberWrite(scope, runtime.clock.now());
    return outcome;
  }
  const read = { scope, key: `${scope} ${call.operationName} ${JSON.stringify(input.value)}` };
  const stale = runtime.stale.find(read, runtime.clock.now(), staleBy(runtime, call, fault));
  if (stale !== undefined) return stale;
  const outcome = await attempt(handler, input.value);
  runtime.stale.rememberRead(read, runtime.clock.now(), outcome);
  return outcome;
}

function denial({ authorizer, accountId }: Runtime, call: Call, { value }: Input): ServiceFault | undefined {
  const message = authorizer.refusal({ ...call, accountId, input: value });
  return message === undefined ? undefined : inBothForms(call, 'AccessDenied', message, 403);
}

/** S3 is the one that is read as it was last written ("Amazon S3 data consistency model"). */
function staleBy({ staleness, clock }: Runtime, { operationName, service }: Call, fault: OperationFault | undefined): number {
  if (fault?.kind === 'stale-read') return fault.ms ?? 5000;
  if (staleness === undefined || service.name === 's3' || !/^(Describe|List)/.test(operationName)) return -1;
  return staleness[0] + clock.random() * (staleness[1] - staleness[0]);
}

/** A copy of what the handler answers: it may be a part of its state, which goes on changing. */
async function attempt(handler: (input: unknown) => unknown, input: unknown): Promise<Outcome> {
  try {
    return { kind: 'output', output: copyAnswer(await handler(input)) };
  } catch (error) {
    return { kind: 'thrown', error };
  }
}

function notImplemented({ name }: Call): Outcome {
  return { kind: 'thrown', error: new ServiceFault('NotImplemented', `local cloud does not implement ${name}`, 501) };
}

function write(runtime: Runtime, call: Call, schema: OperationSchema | undefined, input: Input, outcome: Outcome): WireAnswer {
  if (outcome.kind === 'output' && schema !== undefined) {
    try {
      const written = succeeded(runtime, call, call.protocol.writeOutput(call.service, schema, outcome.output, call.requestId));
      record(runtime, call, input.value, written.status, { output: outcome.output });
      return written;
    } catch (error) {
      return write(runtime, call, schema, input, { kind: 'thrown', error });
    }
  }
  const error = outcome.kind === 'thrown' ? outcome.error : undefined;
  if (!(error instanceof ServiceFault)) runtime.onDefect?.(call.name, error);
  const fault = error instanceof ServiceFault ? error : new ServiceFault('InternalFailure', `The local cloud failed at ${call.name}: ${String(error)}`, 500);
  const answered = failed(runtime, call.protocol, call.service, fault, call.requestId);
  record(runtime, call, input.value, answered.status, { error: answered.code });
  return answered;
}

function succeeded(runtime: Runtime, { requestId }: Call, { status = 200, headers, body }: ProtocolAnswer): HttpAnswer {
  return { kind: 'answer', status, headers: { ...headers, ...dateOf(runtime), 'x-amzn-requestid': requestId }, body };
}

/** Whoever measures time by AWS, as holders of a lock in S3 do, measures it by the cloud's. */
function dateOf({ clock }: Runtime): Record<string, string> {
  return { date: new Date(clock.now()).toUTCString() };
}

/** Code and status as the model's traits say, where the model knows the error. */
function failed(runtime: Runtime, protocol: Protocol, service: ServiceModel | undefined, fault: ServiceFault, requestId: string): HttpAnswer & { readonly code: string } {
  const schema = service?.error(fault.code);
  const queryCode = schema?.queryCode ?? fault.code;
  const code = protocol.name === 'query' ? queryCode : (schema?.shapeName ?? fault.code);
  const status = schema?.status ?? fault.status;
  const { headers, body } = protocol.writeError(service ?? nobody, { code, queryCode, status, message: fault.message, detail: fault.detail, schema }, requestId);
  return { kind: 'answer', status, headers: { ...headers, ...dateOf(runtime), 'x-amzn-requestid': requestId }, body, code };
}

/** A request that asks for no service. */
const nobody: ErrorDialect = { xmlNamespace: '', queryCompatible: false, bareErrors: false };

function record({ log, clock }: Runtime, { name, service, region }: Call, input: unknown, status: number, result: { readonly output: unknown } | { readonly error: string }): void {
  log?.add({ at: clock.now(), service: service.name, region, operation: name, input, status, ...result });
}

function crashCaller({ onCrashCaller }: Runtime, { name }: Call): WireAnswer {
  onCrashCaller?.(name);
  return { kind: 'never' };
}

/** Looks like AWS's, and is the same in two runs of one seed. */
function nextRequestId(runtime: Runtime): string {
  runtime.requests += 1;
  return `00000000-0000-4000-8000-${String(runtime.requests).padStart(12, '0')}`;
}
