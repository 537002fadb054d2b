import type { DescribeFunctionRequest, DescribeFunctionResult, FunctionSummary, ListFunctionsRequest, ListFunctionsResult, TestFunctionRequest, TestFunctionResult } from '@aws-sdk/client-cloudfront';
import { ServiceFault } from '../../context.js';
import type { FrontRequest, FrontResponse } from '../../hosts/host.js';
import { type CloudFrontContext, type CloudFrontState, findFunction, type FunctionState } from './state.js';

export function describeFunction(context: CloudFrontContext, state: CloudFrontState, { Name, Stage }: DescribeFunctionRequest): DescribeFunctionResult {
  const found = findFunction(state, Name, Stage);
  return { ETag: found.eTag, FunctionSummary: summary(context, found, Stage ?? 'DEVELOPMENT') };
}

export function listFunctions(context: CloudFrontContext, state: CloudFrontState, { Stage, MaxItems }: ListFunctionsRequest): ListFunctionsResult {
  const Items = [...state.functions.values()].filter(({ live }) => Stage !== 'LIVE' || live).map((found) => summary(context, found, Stage ?? 'DEVELOPMENT'));
  return { FunctionList: { MaxItems: Number(MaxItems ?? 100), Quantity: Items.length, Items } };
}

/** Runs the function on an event ("CloudFront Functions event structure"); what it returns is the request, or a response of its own. */
export function testFunction(context: CloudFrontContext, state: CloudFrontState, { Name, Stage, IfMatch, EventObject }: TestFunctionRequest): TestFunctionResult {
  const found = findFunction(state, Name, Stage);
  if (IfMatch !== found.eTag) throw new ServiceFault('InvalidIfMatchVersion', 'The If-Match version is missing or not valid for the resource.');
  const { request } = parseEvent(EventObject);
  const headers = Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, { value }]) => [name, value]));
  const location = redirectOf(found, headers);
  const output = location === undefined ? { request } : { response: { statusCode: 302, statusDescription: 'Found', headers: { location: { value: location } } } };
  return { TestResult: { FunctionSummary: summary(context, found, Stage ?? 'DEVELOPMENT'), ComputeUtilization: '12', FunctionErrorMessage: '', FunctionExecutionLogs: [], FunctionOutput: JSON.stringify(output) } };
}

interface FunctionEvent {
  readonly request: { readonly headers?: Readonly<Record<string, { readonly value: string }>> };
}

function parseEvent(bytes: Uint8Array | undefined): FunctionEvent {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as FunctionEvent;
  } catch {
    throw new ServiceFault('InvalidArgument', 'The event object is not valid JSON.');
  }
}

function summary({ clock }: CloudFrontContext, { name, arn, live }: FunctionState, stage: string): FunctionSummary {
  const at = new Date(clock.now());
  return {
    Name: name,
    Status: live ? 'DEPLOYED' : 'UNPUBLISHED',
    FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
    FunctionMetadata: { FunctionARN: arn, Stage: stage === 'LIVE' ? 'LIVE' : 'DEVELOPMENT', CreatedTime: at, LastModifiedTime: at },
  };
}

/** Where the function sends whoever does not have the header; undefined for who does. */
function redirectOf({ does }: FunctionState, headers: Readonly<Record<string, string>>): string | undefined {
  return headers[does.without.name.toLowerCase()] === does.without.value ? undefined : does.to;
}

/** What the function answers a viewer itself; undefined where it lets the request through. */
export function answerOfFunction(found: FunctionState, { headers }: FrontRequest): FrontResponse | undefined {
  const location = redirectOf(found, headers);
  return location === undefined ? undefined : { status: 302, headers: { location, 'content-length': '0', server: 'CloudFront' }, body: new Uint8Array() };
}
