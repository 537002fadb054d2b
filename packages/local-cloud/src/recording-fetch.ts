import type { Clock } from './clock.js';
import type { Visit } from './inspection.js';

/** The same fetch, writing down every visit. Values of headers are not kept: they may be secret. */
export function recordingFetch(inner: typeof fetch, clock: Clock, visits: Visit[]): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, init);
    const request = input instanceof Request ? input : undefined;
    visits.push({
      at: clock.now(),
      method: (init?.method ?? request?.method ?? 'GET').toUpperCase(),
      url: input instanceof Request ? input.url : input.toString(),
      headerNames: [...new Headers(init?.headers ?? request?.headers).keys()],
      status: response.status,
      location: response.headers.get('location'),
      version: response.headers.get('x-version'),
    });
    return response;
  };
}
