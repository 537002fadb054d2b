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
  /** `crash-caller`: before AWS did what was asked, or after (default). */
  readonly when?: 'before' | 'after' | undefined;
}

export type BehaviourFault =
  /** The next one-off task of this family: exits with the code, is killed for memory, cannot pull its image, never ends, or meets no capacity (RunTask answers 200 with failures). */
  | { readonly kind: 'task'; readonly family: string; readonly what: 'exit' | 'out-of-memory' | 'no-image' | 'never-ends' | 'no-capacity'; readonly exitCode?: number | undefined; readonly afterMs?: number | undefined; readonly times?: number | undefined }
  /** Tasks whose image reference contains `image`: crash after their start, or fail their health check. */
  | { readonly kind: 'service-image'; readonly image: string; readonly what: 'crash-loop' | 'unhealthy' | 'no-image' }
  /** The next snapshot fails, never ends, or takes so many milliseconds. */
  | { readonly kind: 'snapshot'; readonly what: 'fail' | 'never-ends' | 'slow'; readonly ms?: number | undefined; readonly times?: number | undefined }
  /** The next restored instance ends in this status instead of `available`: `incompatible-restore`, `storage-full`, … */
  | { readonly kind: 'restore'; readonly status: string; readonly times?: number | undefined }
  /** A Spot interruption of one task of the service, so long after the cloud started or when called. */
  | { readonly kind: 'spot-interruption'; readonly service: string; readonly afterMs?: number | undefined }
  | { readonly kind: 'circuit-breaker-rollback'; readonly service: string }
  /** The next conditional write of this object in S3 meets another that is under way: 409 ConditionalRequestConflict. */
  | { readonly kind: 's3-conflict'; readonly key: string; readonly times?: number | undefined };

/** Asked by the wire before and after each operation, and by the state machines. */
export interface Faults {
  /** Throws for an unknown kind. */
  add(fault: Fault): void;
  clear(): void;
  /** The operation fault that hits this call, if any; counts the call. `operation` is `service:Operation`. */
  onOperation(operation: string): OperationFault | undefined;
  /** Takes the first matching behaviour fault (one use of its `times`). */
  take<K extends BehaviourFault['kind']>(kind: K, matches: (fault: Extract<BehaviourFault, { kind: K }>) => boolean): Extract<BehaviourFault, { kind: K }> | undefined;
}

/** Faults in the order in which they were added; the first that matches wins. `seedRandom` gives numbers in [0, 1). */
export function createFaults(seedRandom: () => number): Faults {
  let operationFaults: { readonly fault: OperationFault; seen: number; hits: number }[] = [];
  let behaviourFaults: { readonly fault: BehaviourFault; taken: number }[] = [];

  return {
    add(fault) {
      checkFault(fault);
      if (isOperationFault(fault)) operationFaults.push({ fault, seen: 0, hits: 0 });
      else behaviourFaults.push({ fault, taken: 0 });
    },
    clear() {
      operationFaults = [];
      behaviourFaults = [];
    },
    onOperation(operation) {
      const matching = operationFaults.filter(({ fault }) => matchesOperation(fault.operation, operation));
      for (const entry of matching) entry.seen += 1;
      const hit = matching.find((entry) => hits(entry, seedRandom));
      if (hit !== undefined) hit.hits += 1;
      return hit?.fault;
    },
    take(kind, matches) {
      type Wanted = Extract<BehaviourFault, { kind: typeof kind }>;
      const entry = behaviourFaults.find(({ fault, taken }) => fault.kind === kind && taken < usesOf(fault) && matches(fault as Wanted));
      if (entry === undefined) return undefined;
      entry.taken += 1;
      return entry.fault as Wanted;
    },
  };
}

const kinds = {
  throttle: true,
  'server-error': true,
  'lost-response': true,
  'access-denied': true,
  'expired-credentials': true,
  delay: true,
  'stale-read': true,
  'crash-caller': true,
  task: true,
  'service-image': true,
  snapshot: true,
  restore: true,
  'spot-interruption': true,
  'circuit-breaker-rollback': true,
  's3-conflict': true,
} satisfies Record<Fault['kind'], true>;

/** Throws for what is no fault: it would never happen, and a test of it would pass. */
export function checkFault(fault: Fault): void {
  const kind: unknown = (fault as Partial<Fault> | null | undefined)?.kind;
  if (typeof kind !== 'string' || !(kind in kinds)) throw new Error(`faults: expected a kind of ${Object.keys(kinds).join(', ')}, got ${typeof kind === 'string' ? `'${kind}'` : typeof kind}.`);
}

const operationKinds: readonly string[] = [
  'throttle',
  'server-error',
  'lost-response',
  'access-denied',
  'expired-credentials',
  'delay',
  'stale-read',
  'crash-caller',
] satisfies OperationFault['kind'][];

function isOperationFault(fault: Fault): fault is OperationFault {
  return operationKinds.includes(fault.kind);
}

function matchesOperation(pattern: string, operation: string): boolean {
  return pattern === '*' || pattern === operation || (pattern.endsWith(':*') && operation.startsWith(pattern.slice(0, -1)));
}

function hits({ fault, seen, hits: soFar }: { readonly fault: OperationFault; readonly seen: number; readonly hits: number }, random: () => number): boolean {
  if (fault.occurrence !== undefined) return seen >= fault.occurrence && seen < fault.occurrence + (fault.times ?? 1);
  if (fault.times !== undefined && soFar >= fault.times) return false;
  return fault.probability === undefined || random() < fault.probability;
}

/** What an image does it does whenever it runs; everything else happens once unless `times` says otherwise. */
function usesOf(fault: BehaviourFault): number {
  if (fault.kind === 'service-image') return Number.POSITIVE_INFINITY;
  return 'times' in fault ? (fault.times ?? 1) : 1;
}
