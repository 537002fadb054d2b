import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';

import { emitLines } from './emit-lines.js';
import { descendantsOf, isAlive } from './test-processes.js';

const patience = { timeout: 60_000, interval: 50 };

/** A process that has everything the hosts can have: a server, a container with a child, a listener. */
const program = `
  import { createRealHosts } from ${JSON.stringify(fileURLToPath(new URL('./real-hosts.ts', import.meta.url)))};
  const hosts = await createRealHosts({ clock: { now: () => 0, sleep: () => Promise.resolve(), random: () => 0 } });
  const database = { resourceId: 'db', identifier: 'db', masterUsername: 'graasp', masterPassword: 'secret', databases: [], extensions: [] };
  await hosts.databases.create(database);
  const source = "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']).on('spawn', () => console.log('up')); process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)";
  const image = { reference: 'graasp:stubborn', process: { command: ['node', '-e', source] } };
  await new Promise((up) => hosts.containers.start({ taskId: 't', name: 'c', image, environment: {}, onLog: up, onExit() {} }));
  const front = await hosts.front.listen('l', { route() {}, answered() {}, connectionOpened() {}, connectionClosed() {} });
  process.on('SIGUSR2', () => hosts.dispose().then(() => process.stdin.destroy()));
  console.log(JSON.stringify({ directory: hosts.directory, ports: [hosts.databases.address('db').port, front] }));
`;

// Ends with the test, however that ends.
const prelude = `process.stdin.resume().on('end', () => process.exit(1));`;

describe('createRealHosts', { timeout: 180_000, concurrent: true }, () => {
  it.each([
    ['its process is killed', 'SIGKILL'],
    ['its process is interrupted', 'SIGINT'],
    ['it is disposed of', 'SIGUSR2'],
  ] as const)('leaves no process, port or directory behind when %s', async (_, signal) => {
    const { parent, directory, ports, below } = await startParent();
    // watchdog, container, its child, PostgreSQL and at least its checkpointer
    expect(below.length).toBeGreaterThanOrEqual(5);
    expect(existsSync(directory)).toBe(true);
    expect(await Promise.all(ports.map(isListening))).toEqual([true, true]);

    const exited = once(parent, 'exit');
    parent.kill(signal);
    expect(await exited).toEqual(signal === 'SIGUSR2' ? [0, null] : [null, signal]);

    await vi.waitFor(() => expect(below.filter(isAlive)).toEqual([]), patience);
    expect(existsSync(directory)).toBe(false);
    expect(await Promise.all(ports.map(isListening))).toEqual([false, false]);
  });
});

async function startParent(): Promise<{ parent: ChildProcess; directory: string; ports: number[]; below: number[] }> {
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', prelude + program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    emitLines(parent.stdout, resolve);
    parent.once('exit', (code) => reject(new Error(`The parent ended with ${code}.`)));
  });
  const { directory, ports } = JSON.parse(line) as { directory: string; ports: number[] };
  return { parent, directory, ports, below: descendantsOf(parent.pid as number) };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
