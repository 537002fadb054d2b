import { connect } from 'node:net';

/** A program that needs longer to listen is taken for started all the same: it may never do so. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 10;

/**
 * Resolves when a program listens on a port of 127.0.0.1, when it has ended, or when patience is over. On a clock sixty times as
 * fast the second in which this machine starts a program would be a minute of failing health checks, as no program has on AWS.
 */
export async function awaitListening(port: number, hasEnded: () => boolean): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (!hasEnded() && Date.now() < until && !(await listens(port))) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (listening: boolean) => () => (socket.destroy(), resolve(listening));
    socket.once('connect', answer(true));
    socket.once('error', answer(false));
  });
}
