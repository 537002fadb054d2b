import type { Handler } from './planted-bugs.js';

/** A call as it is on the wire: what planted bugs go by. */
export interface CallOnTheWire {
  /** `UpdateService` */
  readonly operation: string;
  readonly body: string;
}

export function callOf(request: unknown): CallOnTheWire {
  const { headers, body } = request as { readonly headers: Readonly<Record<string, string>>; readonly body?: unknown };
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : typeof body === 'string' ? body : '';
  return { operation: headers['x-amz-target']?.split('.').at(-1) ?? /Action=(\w+)/.exec(text)?.[1] ?? '', body: text };
}

export function isChange(operation: string): boolean {
  return !/^(Describe|List|Get|BatchGet|BatchCheck|Simulate|Filter)/.test(operation);
}

/** The request with another body. */
export function withBody(request: unknown, body: string): unknown {
  return Object.assign(Object.create(Object.getPrototypeOf(request) as object) as object, request, { body });
}

/** A library that is told something else where it asks this. */
export function answering(asked: RegExp, inner: Handler, change: (text: string, call: CallOnTheWire) => string): Handler {
  return {
    ...inner,
    async handle(request, options) {
      const call = callOf(request);
      const answer = await inner.handle(request, options);
      return asked.test(call.operation) ? withAnswer(answer, (text) => change(text, call)) : answer;
    },
  };
}

/** The answer with its text changed. */
export function withAnswer(answer: unknown, change: (text: string) => string): unknown {
  const { response } = answer as { readonly response: { body: Uint8Array } };
  response.body = new TextEncoder().encode(change(new TextDecoder().decode(response.body)));
  return answer;
}
