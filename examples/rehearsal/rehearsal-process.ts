/** The process that keeps the rehearsal's cloud, so that the release runs over real sockets from a process of its own, and can be killed. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FromRehearsal } from './messages.js';
import { openControl } from './control-server.js';
import { claimDirectory, handleDirectory, removeHandleDirectory, writeHandle } from './handle.js';
import { type RehearsalOptions, startRehearsal } from './rehearsal.js';

/** How long the cloud waits for somebody who continues the release. */
const LINGER_MS = 10 * 60_000;

const options = JSON.parse(process.argv[2] ?? '{}') as RehearsalOptions;
const unwanted = new AbortController();
const end = (): void => unwanted.abort(new Error('It is not wanted any more.'));

// until it is ready, it is nobody's but its parent's
process.on('disconnect', end);
// Ctrl-C reaches every process of the terminal. The one that runs the release says what becomes of the cloud; but tsx kills it when it is slow.
let interrupted = false;
process.on('SIGINT', () => void (interrupted = true));
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', end);

if (claimDirectory()) {
  await keep().catch((error: unknown) => tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) }));
  removeHandleDirectory();
} else tell({ type: 'failed', message: 'another one starts in this directory' });
process.exit();

/** From the start to the end of the rehearsal. */
async function keep(): Promise<void> {
  const runs = join(handleDirectory(), 'runs');
  mkdirSync(runs, { recursive: true });
  const rehearsal = await startRehearsal(options, tell, unwanted.signal);
  process.off('disconnect', end);
  try {
    const control = await openControl(rehearsal, () => (interrupted ? 0 : LINGER_MS));
    const header = { name: 'x-rehearsal-operator', value: randomBytes(18).toString('base64url') };
    const handle = { pid: process.pid, control: control.url, cloud: rehearsal.cloud.describe(), header, runs };
    writeHandle(handle);
    tell({ type: 'ready', handle });
    unwanted.signal.addEventListener('abort', control.end);
    if ((await control.ended) === 'left' && interrupted) tellInterrupted();
  } finally {
    await rehearsal.stop();
  }
}

/** For whoever pressed Ctrl-C and was answered by nobody. */
function tellInterrupted(): void {
  process.stderr.on('error', () => undefined);
  process.stderr.write(`\nThe script was killed before it could say where things stand: \`tsx\` waits for\nless than a tenth of a second for one that is busy when Ctrl-C comes. The local\ncloud ends, and with it all that was released in it. Start again:\n  ${process.argv[3] ?? ''}\n`);
}

function tell(message: FromRehearsal): void {
  if (process.connected) process.send?.(message);
}
