/** What goes wrong, on purpose. Faults on operations are matched by name; faults on behaviours are read by the state machines. */
export type Fault = OperationFault | BehaviourFault;

export interface OperationFault {
  readonly kind: 'throttle' | 'server-error' | 'lost-response' | 'access-denied' | 'expired-credentials' | 'delay' | 'stale-read' | 'crash-caller';
  /** `ecs:UpdateService`, `rds:*`, or `*`. */
  readonly operation: string;
  /** The nth matching call, from 1; absent: every one, or with `probability` some. */
  readonly occurrence?: number | undefined;
  /** How many calls in a row from `occurrence` on; default 1. */
  readonly times?: number | undefined;
  readonly probability?: number | undefined;
  /** `delay`: how long; `stale-read`: how old. Milliseconds. */
  readonly ms?: number | undefined;
}

export type BehaviourFault =
  /** The next one-off task of this family: exits with the code, is killed for memory, cannot pull its image, never ends, or meets no capacity (RunTask answers 200 with failures). */
  | { readonly kind: 'task'; readonly family: string; readonly what: 'exit' | 'out-of-memory' | 'no-image' | 'never-ends' | 'no-capacity'; readonly exitCode?: number | undefined; readonly afterMs?: number | undefined; readonly times?: number | undefined }
  /** Tasks whose image reference contains `image`: crash after their start, or fail their health check. */
  | { readonly kind: 'service-image'; readonly image: string; readonly what: 'crash-loop' | 'unhealthy' | 'no-image' }
  | { readonly kind: 'snapshot'; readonly what: 'fail' | 'never-ends'; readonly times?: number | undefined }
  /** A Spot interruption of one task of the service, so long after the cloud started or when called. */
  | { readonly kind: 'spot-interruption'; readonly service: string; readonly afterMs?: number | undefined }
  | { readonly kind: 'circuit-breaker-rollback'; readonly service: string };

/** Asked by the wire before and after each operation, and by the state machines. */
export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** The operation fault that hits this call, if any; counts the call. `operation` is `service:Operation`. */
  onOperation(operation: string): OperationFault | undefined;
  /** Takes the first matching behaviour fault (one use of its `times`). */
  take<K extends BehaviourFault['kind']>(kind: K, matches: (fault: Extract<BehaviourFault, { kind: K }>) => boolean): Extract<BehaviourFault, { kind: K }> | undefined;
}
