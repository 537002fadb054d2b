import type { RecordedRequest } from '../local-cloud.js';

/** One call that reached the cloud. */
export interface LoggedRequest extends RecordedRequest {
  readonly service: string;
  readonly region: string;
  /** The operation's output; undefined when it failed. */
  readonly output?: unknown;
}

/** Every call in the order in which it was answered; the oldest are dropped beyond `capacity`. */
export interface RequestLog {
  readonly requests: readonly LoggedRequest[];
  add(request: LoggedRequest): void;
  clear(): void;
}

export function createRequestLog(capacity = 50_000): RequestLog {
  const requests: LoggedRequest[] = [];
  return {
    requests,
    add(request) {
      requests.push(request);
      if (requests.length > capacity) requests.splice(0, Math.ceil(capacity / 10));
    },
    clear() {
      requests.length = 0;
    },
  };
}
