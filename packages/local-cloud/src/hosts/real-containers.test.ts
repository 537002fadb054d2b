import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import type { ContainerExit, ContainerSpec, Endpoint, RunningContainer } from './host.js';
import { createRealContainers, type RealContainers } from './real-containers.js';
import { startReaper, type Reaper } from './reaper.js';
import { isAlive } from './test-processes.js';

const patience = { timeout: 30_000, interval: 20 };
let directory: string;
let reaper: Reaper;
let containers: RealContainers;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'graasp-local-cloud-'));
  reaper = await startReaper(directory);
  containers = createRealContainers(reaper);
});

afterAll(async () => {
  await containers.dispose();
  await reaper.dispose();
  await rm(directory, { recursive: true, force: true });
});

describe('createRealContainers', () => {
  it('serves the image on a port of its own when no process is declared', async () => {
    const { container } = await start({ image: { reference: 'graasp:core-1' }, port: 3000 });
    const { port } = container.endpoint as Extract<Endpoint, { kind: 'socket' }>;
    const response = await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/items?id=1`), patience);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', image: 'graasp:core-1' });
  });

  it('has started a container with a port when its program listens', async () => {
    const late = `setTimeout(() => require('node:http').createServer((_, response) => response.end('up')).listen(process.env.PORT, '127.0.0.1'), 300)`;
    const { container } = await start({ ...script(late), port: 3000 });
    const { port } = container.endpoint as Extract<Endpoint, { kind: 'socket' }>;
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('up');
  });

  it('does not wait for a program that ends without listening', async () => {
    const { exited } = await start({ ...script(`process.exitCode = 4`), port: 3000 });
    expect(await exited).toEqual({ exitCode: 4, outOfMemory: false });
  });

  it('has no endpoint when the container has no port', async () => {
    const { container, line, exited } = await start({ image: { reference: 'graasp:workers-1' } });
    await line('graasp:workers-1 runs');
    expect(container.endpoint).toBeUndefined();
    container.signal('SIGTERM');
    expect(await exited).toEqual({ exitCode: 0, outOfMemory: false });
  });

  it('passes on every line of both outputs before the exit code, the last one without line end too', async () => {
    const { lines, exited } = await start(script(`console.log('one'); process.stderr.write('two\\r\\nthree'); process.exitCode = 3`));
    expect(await exited).toEqual({ exitCode: 3, outOfMemory: false });
    expect([...lines].sort()).toEqual(['one', 'three', 'two']);
  });

  it('exits with 128 and the signal when a signal ends it', async () => {
    const { container, line, exited } = await start(script(`console.log('up'); setInterval(() => {}, 1e6)`));
    await line('up');
    container.signal('SIGTERM');
    expect(await exited).toEqual({ exitCode: 143, outOfMemory: false });
  });

  it('exits with 137 when it is killed after it ignored SIGTERM', async () => {
    const { container, line, exited } = await start(script(`process.on('SIGTERM', () => console.log('not now')); console.log('up'); setInterval(() => {}, 1e6)`));
    await line('up');
    container.signal('SIGTERM');
    await line('not now');
    container.signal('SIGKILL');
    expect(await exited).toEqual({ exitCode: 137, outOfMemory: false });
  });

  it('says that memory was the reason when it was', async () => {
    const { container, exited } = await start(script(`setInterval(() => {}, 1e6)`));
    container.outOfMemory();
    expect(await exited).toEqual({ exitCode: 137, outOfMemory: true });
  });

  it('ends its children when its first process ends', async () => {
    const { lines, exited } = await start(
      script(`const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']); console.log(child.pid); setTimeout(() => process.exit(0), 50)`),
    );
    await exited;
    const child = Number(lines[0]);
    expect(child).toBeGreaterThan(1);
    await vi.waitFor(() => expect(isAlive(child)).toBe(false), patience);
  });

  it('gives the process the environment of image and task, and nothing of ours', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hush');
    const program = script(`console.log(JSON.stringify([process.env.A, process.env.B, process.env.AWS_SECRET_ACCESS_KEY ?? null, process.env.PORT]))`);
    const image = { ...program.image, process: { ...program.image.process, environment: { A: 'image', B: 'image' } } };
    const { container, lines, exited } = await start({ image, environment: { B: 'task' }, port: 80 });
    await exited;
    vi.unstubAllEnvs();
    const { port } = container.endpoint as Extract<Endpoint, { kind: 'socket' }>;
    expect(JSON.parse(lines[0] ?? '')).toEqual(['image', 'task', null, String(port)]);
  });

  it("runs the task's command in place of the image's", async () => {
    const { lines, exited } = await start({ ...script(`console.log('image')`), command: ['node', '-p', '"task"'] });
    await exited;
    expect(lines).toEqual(['task']);
  });

  it('runs the default server, not the command, when the image declares no process', async () => {
    const { line } = await start({ image: { reference: 'redis:7' }, command: ['redis-server', '--save', '20'] });
    await line('redis:7 runs');
  });

  it('does not start when the program is not there', async () => {
    const image = { reference: 'graasp:broken', process: { command: ['no-such-program'] } };
    await expect(start({ image })).rejects.toThrow(
      'CannotStartContainerError: failed to create new container runtime task: unable to start container process: exec: "no-such-program": executable file not found in $PATH',
    );
  });

  it('does not start when the directory of its process is not there', async () => {
    const image = { reference: 'graasp:broken', process: { command: ['node'], cwd: '/no/such/directory' } };
    await expect(start({ image })).rejects.toThrow('chdir to cwd ("/no/such/directory") set in config.json failed: no such file or directory');
  });

  it('kills what runs when it is disposed of, and starts nothing any more', async () => {
    const own = createRealContainers(reaper);
    const { exited } = await start(script(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)`), own);
    await own.dispose();
    expect(await exited).toEqual({ exitCode: 137, outOfMemory: false });
    await expect(start({ image: { reference: 'graasp:core-1' } }, own)).rejects.toThrow('The local cloud has stopped.');
  });
});

function script(source: string): { readonly image: { readonly reference: string; readonly process: { readonly command: readonly string[] } } } {
  return { image: { reference: 'graasp:script', process: { command: ['node', '-e', source] } } };
}

interface Started {
  readonly container: RunningContainer;
  readonly lines: readonly string[];
  readonly exited: Promise<ContainerExit>;
  line(text: string): Promise<void>;
}

async function start(spec: Partial<ContainerSpec> & Pick<ContainerSpec, 'image'>, host = containers): Promise<Started> {
  const lines: string[] = [];
  let onExit: (exit: ContainerExit) => void = () => undefined;
  const exited = new Promise<ContainerExit>((resolve) => (onExit = resolve));
  const container = await host.start({ taskId: 'task-1', name: 'core', environment: {}, onLog: (line) => lines.push(line), onExit, ...spec });
  return { container, lines, exited, line: (text) => vi.waitFor(() => expect(lines).toContain(text), patience) };
}
