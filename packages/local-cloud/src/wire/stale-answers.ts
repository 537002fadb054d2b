/** What a handler did: its output, or what it threw. */
export type Outcome = { readonly kind: 'output'; readonly output: unknown } | { readonly kind: 'thrown'; readonly error: unknown };

/** Remembers what reads answered, so that one may be answered again as if a write had not arrived yet. */
export interface StaleAnswers {
  /** What the same request was answered at most `ms` ago and before the service's last write; undefined when there is nothing such. */
  find(read: ReadRequest, now: number, ms: number): Outcome | undefined;
  rememberRead(read: ReadRequest, now: number, outcome: Outcome): void;
  rememberWrite(scope: string, now: number): void;
}

export interface ReadRequest {
  /** Region and service: what a write makes stale. */
  readonly scope: string;
  readonly key: string;
}

const requestsRemembered = 500;
const answersRemembered = 20;

/** Bounded: the last answers of the requests made last. */
export function createStaleAnswers(): StaleAnswers {
  const answers = new Map<string, { readonly at: number; readonly writes: number; readonly outcome: Outcome }[]>();
  const writes = new Map<string, { count: number; at: number }>();

  return {
    find({ scope, key }, now, ms) {
      const lastWrite = writes.get(scope);
      if (lastWrite === undefined || now - lastWrite.at > ms) return undefined;
      return answers.get(key)?.findLast(({ at, writes: before }) => before < lastWrite.count && now - at <= ms)?.outcome;
    },
    rememberRead({ scope, key }, now, outcome) {
      const earlier = answers.get(key) ?? [];
      answers.delete(key);
      answers.set(key, [...earlier.slice(1 - answersRemembered), { at: now, writes: writes.get(scope)?.count ?? 0, outcome }]);
      const oldest = answers.size > requestsRemembered ? answers.keys().next().value : undefined;
      if (oldest !== undefined) answers.delete(oldest);
    },
    rememberWrite(scope, now) {
      writes.set(scope, { count: (writes.get(scope)?.count ?? 0) + 1, at: now });
    },
  };
}

/** Reads by the prefixes of AWS's operation names. */
export function isRead(operationName: string): boolean {
  return /^(Describe|List|Get|Head|BatchGet|Filter)/.test(operationName);
}
