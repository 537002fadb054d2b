import { randomBytes } from 'node:crypto';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Where real hosts will write everything. Only a name: the watchdog knows it before it exists. What root has in its own
 * temporary directory cannot be reached by the account that runs PostgreSQL; then it is in `/tmp`.
 */
export async function nameWorkDirectory(): Promise<string> {
  const parent = await realpath(tmpdir());
  const reachable = !isRoot() || (await isOpenToOthers(parent));
  return join(reachable ? parent : '/tmp', `graasp-local-cloud-${randomBytes(9).toString('base64url')}`);
}

/** Makes it: for root, others may traverse it, but not read it. */
export async function makeWorkDirectory(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  if (isRoot()) await chmod(path, 0o711);
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToOthers(dirname(path));
}
