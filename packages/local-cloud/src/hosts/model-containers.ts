import type { ModelMigration, ModelOutput, ModelResponse, ModelServer } from '../blueprint.js';
import type { Clock } from '../clock.js';
import type { SchemaViolation } from '../inspection.js';
import type { ContainerHost, ContainerSpec, FrontRequest, FrontResponse, RunningContainer } from './host.js';
import type { ModelBackend, ModelDatabase, ModelDatabases } from './model-databases.js';

export interface ModelContainersOptions {
  readonly clock: Clock;
  readonly databases: ModelDatabases;
  /** Told of code that met a schema it does not fit. */
  onViolation(violation: SchemaViolation): void;
}

export interface ModelContainers extends ContainerHost {
  /** Ends every container without a word. */
  dispose(): void;
}

/** A container is a few callbacks on the clock: no process and no socket. */
export function createModelContainers(options: ModelContainersOptions): ModelContainers {
  const alive = new Set<AbortController>();
  const serving: Serving = new Map();
  return {
    async start(spec) {
      const life = new AbortController();
      alive.add(life);
      const program = programOf(spec);
      const output = program.kind === 'migration' ? program.runs?.({ command: spec.command ?? [], environment: spec.environment, at: options.clock.now() }) : undefined;
      const context: Program = {
        ...options,
        spec,
        signal: life.signal,
        database: options.databases.connect(spec.environment),
        serving,
        exit(exitCode, outOfMemory = false) {
          if (life.signal.aborted) return;
          life.abort();
          alive.delete(life);
          spec.onExit({ exitCode, outOfMemory });
          leave(context);
        },
      };
      if (output !== undefined) return runOutput(context, output);
      if (program.kind === 'schema-status') return runStatus(context);
      return program.kind === 'migration' ? runMigration(context, program) : runServer(context, program);
    },
    dispose() {
      for (const life of alive) life.abort();
      alive.clear();
    },
  };
}

/** Servers that run, with from when on they answer. */
type Serving = Map<Program, { readonly readyAt: number; readonly needs: readonly string[] }>;

interface Program extends ModelContainersOptions {
  readonly spec: ContainerSpec;
  readonly signal: AbortSignal;
  readonly database: ModelDatabase | undefined;
  readonly serving: Serving;
  exit(exitCode: number, outOfMemory?: boolean): void;
}

/** A migration's image with a command that has `status` in it prints the schema instead. */
function programOf({ image, command }: ContainerSpec) {
  const declared = image.model ?? { kind: 'server' as const };
  return declared.kind === 'migration' && command?.some((word) => word.includes('status')) === true ? { kind: 'schema-status' as const } : declared;
}

/** Does something later, unless the container has ended by then. */
function after({ clock, signal }: Program, ms: number, act: () => void): void {
  clock.sleep(ms, signal).then(act, () => undefined);
}

function withoutPort(program: Program, onSigterm: number): RunningContainer {
  return {
    endpoint: undefined,
    signal: (name) => program.exit(name === 'SIGTERM' ? onSigterm : 137),
    outOfMemory: () => program.exit(137, true),
  };
}

function runOutput(program: Program, { lines, exitCode = 0 }: ModelOutput): RunningContainer {
  after(program, 1_000, () => {
    for (const line of lines) program.spec.onLog(line);
    program.exit(exitCode);
  });
  return withoutPort(program, 143);
}

function runStatus(program: Program): RunningContainer {
  const { database, spec, signal } = program;
  const reachable = database?.isRunning === true;
  const backend = reachable ? database.open('gives-up') : undefined;
  signal.addEventListener('abort', () => backend?.close(), { once: true });
  after(program, 1_000, () => {
    spec.onLog(reachable ? database.schema : 'could not connect to the database');
    program.exit(reachable ? 0 : 1);
  });
  return withoutPort(program, 143);
}

/** As drizzle-kit: all in one transaction, no reason printed on failure. */
function runMigration(program: Program, { from, to, seconds, commitsAfterKillSeconds }: ModelMigration): RunningContainer {
  const { database, spec, clock } = program;
  spec.onLog('applying migrations...');
  if (database === undefined) spec.onLog('no database: no environment variable names {database:…}');
  if (database?.isRunning !== true) {
    after(program, 1_000, () => program.exit(1));
    return withoutPort(program, 143);
  }
  if (database.schema === to) {
    after(program, 1_000, () => succeed(program));
    return withoutPort(program, 143);
  }
  const backend = database.open('gives-up');
  const work = new AbortController();
  const applied = clock.sleep(seconds * 1_000, work.signal).then(
    () => {
      backend.close();
      if (backend.isLost) return program.exit(1);
      if (database.schema !== from) {
        database.logError(`relation of schema "${from}" does not exist`, `ALTER TABLE -- ${from} to ${to}`);
        return program.exit(1);
      }
      database.migrate(from, to);
      succeed(program);
    },
    () => undefined,
  );
  void applied;
  const kill = (exitCode: number, outOfMemory: boolean) => {
    if (program.signal.aborted) return;
    work.abort();
    program.exit(exitCode, outOfMemory);
    outlive(program, database, backend, { from, to, seconds: commitsAfterKillSeconds });
  };
  return { endpoint: undefined, signal: (name) => kill(name === 'SIGTERM' ? 143 : 137, false), outOfMemory: () => kill(137, true) };
}

function succeed(program: Program): void {
  program.spec.onLog('[✓] migrations applied successfully!');
  program.exit(0);
}

/** The statement of a client that was killed: rolled back at once, or still committed later. */
function outlive({ clock }: Program, database: ModelDatabase, backend: ModelBackend, statement: { readonly from: string; readonly to: string; readonly seconds: number | undefined }): void {
  if (statement.seconds === undefined) return backend.close();
  clock.sleep(statement.seconds * 1_000).then(
    () => {
      backend.close();
      if (!backend.isLost && database.schema === statement.from) database.migrate(statement.from, statement.to);
    },
    () => undefined,
  );
}

function runServer(program: Program, server: ModelServer): RunningContainer {
  const { spec } = program;
  const backend = server.fitsSchemas === undefined ? undefined : program.database?.open('connects-again');
  program.signal.addEventListener('abort', () => backend?.close(), { once: true });
  const { crashes } = server;
  if (crashes !== undefined) after(program, crashes.afterSeconds * 1_000, () => program.exit(crashes.exitCode));
  if ((server.writesPerMinute ?? 0) > 0) void writeEveryMinute(program, server);
  const readyAt = program.clock.now() + (server.startsForSeconds ?? 0) * 1_000;
  join(program, { readyAt, needs: server.needs ?? [] });
  spec.onLog(`${spec.name} ${server.version ?? 'without a version'} listens`);
  const { endsAfterSeconds } = server;
  const atOnce = withoutPort(program, 0);
  const signal: RunningContainer['signal'] = (name) => (name === 'SIGTERM' && endsAfterSeconds !== undefined ? after(program, endsAfterSeconds * 1_000, () => program.exit(0)) : atOnce.signal(name));
  return { ...atOnce, signal, endpoint: spec.port === undefined ? undefined : { kind: 'handler', handle: (request) => handle(program, server, request, readyAt) } };
}

function join(program: Program, serving: { readonly readyAt: number; readonly needs: readonly string[] }): void {
  const missing = serving.needs.find((name) => !answers(program, name));
  if (missing === undefined) return void program.serving.set(program, serving);
  program.spec.onLog(`connect ECONNREFUSED ${missing}`);
  after(program, 1_000, () => program.exit(1));
}

/** Those that needed it, and find no other of its name, end too. */
function leave(program: Program): void {
  const { serving, spec } = program;
  serving.delete(program);
  for (const [other, { needs }] of [...serving]) {
    if (!needs.includes(spec.name) || answers(other, spec.name)) continue;
    other.spec.onLog(`read ECONNRESET ${spec.name}`);
    other.exit(1);
  }
}

function answers({ serving, clock }: Program, name: string): boolean {
  return [...serving].some(([other, { readyAt }]) => other.spec.name === name && readyAt <= clock.now());
}

async function writeEveryMinute(program: Program, server: ModelServer): Promise<void> {
  const { clock, signal, database } = program;
  for (;;) {
    try {
      await clock.sleep(60_000, signal);
    } catch {
      return;
    }
    if (database?.isRunning !== true) continue;
    if (fits(server, database)) database.write(writerOf(program), server.writesPerMinute ?? 0);
    else violate(program, server, database, 'write');
  }
}

async function handle(program: Program, server: ModelServer, request: FrontRequest, readyAt: number): Promise<FrontResponse> {
  if (program.signal.aborted) throw new Error('The container has ended.');
  if (request.headers['user-agent']?.startsWith('ELB-HealthChecker') === true) return answer(server, program.clock.now() < readyAt ? 503 : (server.healthStatus ?? 200), 'health');
  if (server.fitsSchemas === undefined) return respond(program, server, request);
  const { database } = program;
  if (database?.isRunning !== true) return answer(server, 503, 'no database');
  if (!fits(server, database)) {
    violate(program, server, database, 'request');
    return answer(server, 500, 'wrong schema');
  }
  if ((server.writesPerRequest ?? 0) > 0) database.write(writerOf(program), server.writesPerRequest ?? 0);
  return respond(program, server, request);
}

function respond({ clock }: Program, server: ModelServer, request: FrontRequest): FrontResponse {
  const { method, path, headers, body } = request;
  const own: ModelResponse | undefined = server.respond?.({ method, path, headers, body: new TextDecoder().decode(body), at: clock.now() });
  return own === undefined ? answer(server, 200, bodyOf(server, request)) : answer(server, own.status, own.body);
}

function fits({ fitsSchemas }: ModelServer, { schema }: ModelDatabase): boolean {
  return fitsSchemas === undefined || fitsSchemas.includes(schema);
}

function writerOf({ spec }: Program): string {
  return `${spec.image.reference} ${spec.taskId}`;
}

function violate({ spec, clock, onViolation }: Program, server: ModelServer, { schema }: ModelDatabase, what: SchemaViolation['what']): void {
  onViolation({ at: clock.now(), taskId: spec.taskId, image: spec.image.reference, version: server.version, schema, fitsSchemas: server.fitsSchemas ?? [], what });
}

/** What it answers to this path, query aside. */
function bodyOf({ answers }: ModelServer, { path }: FrontRequest): string {
  return answers?.[path.split('?')[0] ?? path] ?? 'ok';
}

function answer({ version }: ModelServer, status: number, text: string): FrontResponse {
  return { status, headers: { 'content-type': 'text/plain', ...(version === undefined ? {} : { 'x-version': version }) }, body: new TextEncoder().encode(text) };
}
