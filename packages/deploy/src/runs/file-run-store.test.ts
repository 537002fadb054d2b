import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fileRunStore } from './file-run-store.js';
import { describeRunStore } from './run-store.conformance.js';

const directories: string[] = [];
function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'run-store-'));
  directories.push(directory);
  return directory;
}
afterEach(() => directories.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true })));

describeRunStore('fileRunStore', () => {
  const directory = emptyDirectory();
  return { store: fileRunStore(directory), reopen: () => fileRunStore(directory) };
});

describe('fileRunStore', () => {
  it('is volatile until that is acknowledged', () => {
    expect(fileRunStore('runs').volatile).toBe('a file is lost with its machine, and other machines do not see it');
    expect(fileRunStore('runs', { acknowledged: true }).volatile).toBeUndefined();
  });

  it('reads nothing from, and makes no, directory before the first write', async () => {
    const directory = join(emptyDirectory(), 'not-yet');
    const store = fileRunStore(directory);
    expect((await store.list('dev/'))._unsafeUnwrap()).toEqual([]);
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toBeNull();
    expect(existsSync(directory)).toBe(false);
  });

  it('keeps the last versions of a document only, and no draft', async () => {
    const directory = emptyDirectory();
    const store = fileRunStore(directory);
    let { etag } = (await store.create('dev/lock', '0'))._unsafeUnwrap()!;
    for (let version = 1; version < 40; version++) etag = (await store.replace('dev/lock', String(version), etag))._unsafeUnwrap()!.etag;
    const names = readdirSync(join(directory, 'dev'));
    expect(names).toHaveLength(16);
    expect(names).toContain('lock.40.json');
    expect((await store.read('dev/lock'))._unsafeUnwrap()?.body).toBe('39');
  });

  it('ignores the draft that a dead process left, and the files of others', async () => {
    const directory = emptyDirectory();
    const store = fileRunStore(directory);
    await store.create('dev/lock', 'whole');
    writeFileSync(join(directory, 'dev', '.lock.2.99999.draft'), 'half of a doc');
    writeFileSync(join(directory, 'dev', 'notes.txt'), 'mine');
    expect((await store.read('dev/lock'))._unsafeUnwrap()?.body).toBe('whole');
    expect((await store.list('dev/'))._unsafeUnwrap()).toEqual(['dev/lock']);
  });

  it('refuses a key that leads out of its directory', async () => {
    const error = (await fileRunStore('runs').create('../secrets', 'x'))._unsafeUnwrapErr();
    expect(error.message).toBe('The run store (file runs) could not write ../secrets: ".." cannot be part of a file\'s name here.');
  });

  it('tells why it failed when its directory is a file', async () => {
    const directory = join(emptyDirectory(), 'file');
    writeFileSync(directory, '');
    const error = (await fileRunStore(directory).create('dev/lock', 'x'))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'RunStoreFailed', cause: { code: 'ENOTDIR' } });
    expect(error.remedy).toBe('Make the directory readable and writable for this user, with space left on its disk.');
  });

  it('proves a process of this machine dead once it is gone, and none of another machine', async () => {
    const store = fileRunStore('runs');
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
    const holder = { actor: 'x', host: store.self!.host, pid: child.pid };
    expect(store.provesDead!(holder)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(store.provesDead!(holder)).toBe(true);
    expect(store.provesDead!({ ...holder, host: 'another-machine' })).toBe(false);
    expect(store.provesDead!({ actor: 'x' })).toBe(false);
    expect(store.provesDead!(store.self!)).toBe(false);
  });

  it('lets one of several processes win', () => {
    const directory = emptyDirectory();
    const racer = `import { fileRunStore } from ${JSON.stringify(join(import.meta.dirname, 'file-run-store.ts'))};
      const store = fileRunStore(${JSON.stringify(directory)}); let won = 0;
      for (let i = 0; i < 50; i++) if ((await store.create('dev/lock-' + i, 'x'))._unsafeUnwrap() !== null) won++;
      console.log(won);`;
    const script = join(directory, 'racer.mts');
    writeFileSync(script, racer);
    const command = Array.from({ length: 3 }, () => `"${process.execPath}" --import tsx "${script}" &`).join(' ');
    const run = spawnSync('sh', ['-c', `${command} wait`], { encoding: 'utf8', cwd: import.meta.dirname });
    expect(run.stderr).toBe('');
    const wins = run.stdout.trim().split('\n').map(Number);
    expect(wins).toHaveLength(3);
    expect(wins.reduce((sum, won) => sum + won, 0)).toBe(50);
  }, 30_000);
});
