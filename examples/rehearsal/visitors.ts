import type { VisitedRoute } from './visited-routes.js';

/** What a visitor met: the old version, the maintenance page, the new version, a service without versions, the wrong service, or a failure. */
export type VisitKind = 'old' | 'maintenance' | 'new' | 'unversioned' | 'leak' | 'error';

export interface Visit {
  readonly route: VisitedRoute;
  /** When it was asked, milliseconds since the epoch on the given clock. */
  readonly askedAt: number;
  /** When it was answered, or given up. */
  readonly at: number;
  readonly kind: VisitKind;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly location: string | null;
  /** `x-version` of the answer. */
  readonly version: string | null;
  /** `x-service` of the answer: which of the little applications gave it. */
  readonly service: string | null;
  /** Why it is an error or a leak; else empty. */
  readonly problem: string;
}

export interface VisitorsOptions {
  readonly fetch: typeof fetch;
  readonly clock: VisitorsClock;
  readonly routes: readonly VisitedRoute[];
  readonly versions: { readonly old: string; readonly new: string };
  /** Host of the maintenance page; a redirect to it is maintenance, to any other host the service of a rule. */
  readonly maintenanceHost: string;
  /** Milliseconds of the clock between an answer and the next request to the same route; default 40,000, two thirds of a second on a clock sixty times as fast. */
  readonly pauseMs?: number | undefined;
  /** Milliseconds of the clock after which no answer is an error; default 600,000: ten seconds on a clock sixty times as fast. */
  readonly timeoutMs?: number | undefined;
  /** Called for every visit, as it ends. */
  readonly onVisit?: ((visit: Visit) => void) | undefined;
  /** Sends the visitors home. */
  readonly signal: AbortSignal;
}

export interface VisitorsClock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Sends one visitor to each route, who asks without the maintenance header, over and over, until `signal` is aborted. Follows no redirect.
 * Resolves with every visit in the order in which they ended; a request that the abort interrupts is not among them. Never rejects.
 */
export async function sendVisitors(options: VisitorsOptions): Promise<readonly Visit[]> {
  const visits: Visit[] = [];
  const record = (visit: Visit): void => {
    visits.push(visit);
    options.onVisit?.(visit);
  };
  await Promise.all(options.routes.map((route) => keepVisiting(route, options, record)));
  return visits;
}

async function keepVisiting(route: VisitedRoute, options: VisitorsOptions, record: (visit: Visit) => void): Promise<void> {
  const { clock, signal, pauseMs = 40_000 } = options;
  while (!signal.aborted) {
    const visit = await visitOnce(route, options);
    if (signal.aborted) return;
    record(visit);
    await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

async function visitOnce(route: VisitedRoute, options: VisitorsOptions): Promise<Visit> {
  const askedAt = options.clock.now();
  try {
    const answer = await ask(route, options);
    return { route, askedAt, at: options.clock.now(), ...answer, ...classify(route, answer, options) };
  } catch (error) {
    const problem = error instanceof Error ? messageOf(error) : String(error);
    return { route, askedAt, at: options.clock.now(), kind: 'error', status: 0, location: null, version: null, service: null, problem };
  }
}

interface Answer {
  readonly status: number;
  readonly location: string | null;
  readonly version: string | null;
  readonly service: string | null;
}

async function ask({ host, path, method }: VisitedRoute, options: VisitorsOptions): Promise<Answer> {
  return inTime(options, async (signal) => {
    const body = method === 'POST' ? JSON.stringify({ name: 'Item of a visitor' }) : null;
    const response = await options.fetch(`https://${host}${path}`, { method, body, redirect: 'manual', signal });
    await response.arrayBuffer();
    const header = (name: string): string | null => response.headers.get(name);
    return { status: response.status, location: header('location'), version: header('x-version'), service: header('x-service') };
  });
}

async function inTime<T>({ clock, signal, timeoutMs = 600_000 }: VisitorsOptions, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const late = new AbortController();
  const watch = clock.sleep(timeoutMs, ended.signal).then(
    () => late.abort(new Error(`no answer within ${timeoutMs / 1000} s`)),
    () => undefined,
  );
  try {
    return await use(AbortSignal.any([signal, late.signal]));
  } finally {
    // a reason of our own: the default one is an exception with a stack, for every visit
    ended.abort('answered');
    await watch;
  }
}

function classify(route: VisitedRoute, { status, location, version, service }: Answer, options: VisitorsOptions): Pick<Visit, 'kind' | 'problem'> {
  const { versions, maintenanceHost } = options;
  if (status >= 400) return { kind: 'error', problem: `HTTP ${status}` };
  if (location !== null && hostOf(location) === maintenanceHost) return { kind: 'maintenance', problem: '' };
  if (version === versions.old) return { kind: 'old', problem: '' };
  if (version === versions.new) return { kind: 'new', problem: '' };
  if (version !== null) return { kind: 'error', problem: `answered by version ${version}, which is neither the old nor the new one` };
  if (route.released) return { kind: 'leak', problem: `meant for the application, answered by ${service ?? location ?? 'another service'}` };
  return { kind: 'unversioned', problem: '' };
}

function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).hostname : '';
}

/** `fetch failed` alone says nothing: the reason is its cause. */
function messageOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
