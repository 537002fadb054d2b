import { chmod, mkdtemp, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * A new directory for everything that real hosts write. For root it can be traversed (not read) by the account that runs
 * PostgreSQL, which a temporary directory of root's own would prevent: then it is in `/tmp`.
 */
export async function createWorkDirectory(): Promise<string> {
  const root = process.getuid?.() === 0;
  const parent = await realpath(tmpdir());
  const directory = await mkdtemp(join(root && !(await isOpenToOthers(parent)) ? '/tmp' : parent, 'graasp-local-cloud-'));
  if (root) await chmod(directory, 0o711);
  return directory;
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToOthers(dirname(path));
}
