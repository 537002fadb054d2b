import type { Clock } from '../clock.js';
import type { Wire } from './wire.js';

/** The `requestHandler` of an SDK client. */
export interface InProcessHandler {
  handle(request: unknown, options?: { readonly abortSignal?: unknown }): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Uint8Array } }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
  destroy(): void;
}

/** Answers SDK clients in the same process: no socket, and no turn of the event loop beyond the clock's. */
export function createInProcessHandler(wire: Wire, clock: Clock): InProcessHandler {
  throw new Error(`The in-process handler is being written (${clock.now()}, ${typeof wire}).`);
}
