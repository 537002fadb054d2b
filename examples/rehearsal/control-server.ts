import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RehearsalStatus } from './messages.js';
import type { Rehearsal } from './rehearsal.js';

export interface Control {
  /** Begins with http://127.0.0.1 and ends in a path that only the handle tells. */
  readonly url: string;
  /** Resolves when somebody has ended the rehearsal, or nobody was attached for long enough: it was left. */
  readonly ended: Promise<'ended' | 'left'>;
  end(): void;
}

/**
 * Lets other processes work with a rehearsal. One is attached for as long as it keeps its request `attach` open, however it ends; `lingerMs`
 * says how long the next one is waited for.
 */
export async function openControl(rehearsal: Rehearsal, lingerMs: () => number): Promise<Control> {
  const secret = randomBytes(18).toString('base64url');
  const server = createServer((request, response) => void answer(request, response));
  let runId: string | null = null;
  let held: string | null = null;
  const attached = new Map<ServerResponse, number>();
  let end = (_: 'ended' | 'left'): void => undefined;
  const ended = new Promise<'ended' | 'left'>((resolve) => (end = resolve));
  let patience = setTimeout(end, lingerMs(), 'left');

  const attach = (response: ServerResponse, pid: number): void => {
    attached.set(response, pid);
    clearTimeout(patience);
    response.writeHead(200).flushHeaders();
    response.once('close', () => {
      attached.delete(response);
      if (attached.size === 0) patience = setTimeout(end, lingerMs(), 'left');
    });
  };
  const orders: Readonly<Record<string, (argument: string) => unknown>> = {
    status: (): RehearsalStatus => ({ ...rehearsal.options, attached: [...attached.values()], runId, held, broken: rehearsal.broken, writes: rehearsal.cloud.requests.filter(({ operation }) => !isRead(operation)).length }),
    run: (id) => void (runId = id),
    held: (id) => void (held = id === '' ? null : id),
    mend: () => rehearsal.mend(),
    facts: () => rehearsal.facts(),
    stop: () => void setImmediate(end, 'ended'),
  };

  async function answer({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, given, order = '', argument = ''] = url.split('/');
    if (given !== secret) return void response.writeHead(404).end();
    if (order === 'attach') return attach(response, Number(argument));
    try {
      respond(response, 200, await orders[order]?.(argument));
    } catch (error) {
      respond(response, 500, { message: error instanceof Error ? error.message : String(error) });
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${secret}`;
  return { url, ended: ended.finally(() => server.closeAllConnections()), end: () => end('ended') };
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? null));
}

function isRead(operation: string): boolean {
  return /:(Describe|List|Get|BatchGet|Download|Simulate)/.test(operation);
}
