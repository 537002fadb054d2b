import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Debian's `docker-registry`, which is the reference implementation of the distribution protocol. */
export interface RealRegistry {
  /** `127.0.0.1:34567` */
  readonly host: string;
  end(): Promise<void>;
}

/** `docker-registry … v2.8.2`; undefined where it is not installed. */
export function registryVersion(): string | undefined {
  const { status, stdout } = spawnSync('docker-registry', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Serves on a free port of 127.0.0.1 from a directory that ends with it. */
export async function startRealRegistry(): Promise<RealRegistry> {
  const directory = mkdtempSync(path.join(tmpdir(), 'real-registry-'));
  const configuration = path.join(directory, 'config.yml');
  writeFileSync(configuration, `version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    rootdirectory: ${directory}/data\nhttp:\n  addr: 127.0.0.1:0\n`);
  const child = spawn('docker-registry', ['serve', configuration], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const host = await Promise.race([hostThatIsSaid(child), ended]);
  if (host !== undefined) return { host, end };
  await end();
  throw new Error('docker-registry ended before it listened');
}

/** It says where it listens once it does, and much else, which is read so that it is not held up. */
function hostThatIsSaid(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-10_000);
      const [, host] = /listening on (127\.0\.0\.1:\d+)/.exec(said) ?? [];
      if (host !== undefined) resolve(host);
    });
  });
}
