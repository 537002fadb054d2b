import type { Clock } from '../clock.js';
import type { FrontHost } from './host.js';

/** A front without sockets: requests are routed and answered in process (`createFrontFetch`), endpoints are functions. */
export function createModelFront(clock: Clock): FrontHost {
  return {
    listen: () => Promise.resolve(0),
    close: () => Promise.resolve(),
    async forward(endpoint, request, timeoutMs) {
      if (endpoint.kind === 'socket') throw new Error(`Model hosts have no sockets (${endpoint.host}:${endpoint.port}).`);
      const answered = new AbortController();
      const timeout = clock.sleep(timeoutMs, answered.signal).then(
        () => Promise.reject(new Error(`No answer within ${timeoutMs} ms.`)),
        () => new Promise<never>(() => undefined),
      );
      try {
        return await Promise.race([endpoint.handle(request), timeout]);
      } finally {
        answered.abort('answered');
      }
    },
  };
}
