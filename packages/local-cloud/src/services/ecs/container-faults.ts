import type { ContainerSpec, Endpoint, RunningContainer } from '../../hosts/host.js';
import type { Ecs } from './state.js';

/** What a fault makes of a container; `task` faults have more kinds, which never come this far. */
export interface ContainerFault {
  readonly what: string;
  readonly exitCode?: number | undefined;
  readonly afterMs?: number | undefined;
}

const shortlyMs = 2_000;

/**
 * Starts a container, or what a fault puts in its place. With `afterMs` the declared program runs until then;
 * without, an `exit` happens before it did anything.
 */
export async function faultyContainer(ecs: Ecs, fault: ContainerFault | undefined, spec: ContainerSpec, start: () => Promise<RunningContainer>): Promise<RunningContainer> {
  if (fault === undefined) return start();
  if (fault.what === 'out-of-memory') {
    const running = await start();
    later(ecs, fault.afterMs ?? shortlyMs, () => running.outOfMemory());
    return running;
  }
  if (fault.what === 'exit' && fault.afterMs !== undefined) {
    const running = await start();
    later(ecs, fault.afterMs, () => {
      spec.onExit({ exitCode: fault.exitCode ?? 1, outOfMemory: false });
      running.signal('SIGKILL');
    });
    return running;
  }
  if (fault.what === 'exit') later(ecs, shortlyMs, () => spec.onExit({ exitCode: fault.exitCode ?? 1, outOfMemory: false }));
  return idle(spec);
}

/** Runs and does nothing until it is told to end. */
function idle(spec: ContainerSpec): RunningContainer {
  return {
    endpoint: undefined,
    signal: (name) => spec.onExit({ exitCode: name === 'SIGTERM' ? 143 : 137, outOfMemory: false }),
    outOfMemory: () => spec.onExit({ exitCode: 137, outOfMemory: true }),
  };
}

/** Where nothing answers a health check well: status 503, or with real sockets a port that nothing listens on. */
export function unhealthyEndpoint(ecs: Ecs): Endpoint {
  if (ecs.context.hosts.kind === 'real') return { kind: 'socket', host: '127.0.0.1', port: 9 };
  return { kind: 'handler', handle: () => Promise.resolve({ status: 503, headers: {}, body: new Uint8Array() }) };
}

function later(ecs: Ecs, ms: number, act: () => void): void {
  ecs.context.background('a fault of a container', async (signal) => {
    await ecs.context.clock.sleep(ms, signal);
    act();
  });
}
