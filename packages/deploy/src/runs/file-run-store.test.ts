import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ResultAsync } from 'neverthrow';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunStoreFailed } from '../errors.js';
import { fileRunStore } from './file-run-store.js';
import type { RunStore } from './run-store.js';
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

  it.each(['dev/.hidden', 'dev/-x', 'dev/a b', 'dev/a%', 'dev//lock', '/dev/lock', '', 'dev/'])('refuses the key %j, which is no name of a file', async (key) => {
    const directory = emptyDirectory();
    const { message } = (await fileRunStore(directory).create(key, 'x'))._unsafeUnwrapErr();
    expect(message).toMatch(/^The run store \(file \S+\) could not write .*: ".*" cannot be part of a file's name here\.$/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes for a version of a document only what is named as one', async () => {
    const directory = emptyDirectory();
    const store = fileRunStore(directory);
    await store.create('dev/lock', 'mine');
    for (const name of ['lock.9.json.bak', 'lock.x.json', 'lock.9.jsonx', 'xlock.9.json', 'lock.9x.json']) writeFileSync(join(directory, 'dev', name), 'theirs');
    expect((await store.read('dev/lock'))._unsafeUnwrap()).toEqual({ body: 'mine', etag: '1' });
    expect((await store.list('dev/lock'))._unsafeUnwrap()).toEqual(['dev/lock']);
  });

  it.each<readonly [string, (store: RunStore) => ResultAsync<unknown, RunStoreFailed>]>([
    ['read dev/lock', (store) => store.read('dev/lock')],
    ['write dev/lock', (store) => store.replace('dev/lock', 'x', '1')],
    ['remove dev/lock', (store) => store.remove('dev/lock', '1')],
    ['list dev/', (store) => store.list('dev/')],
  ])('says that it could not %s, and why', async (what, ask) => {
    const directory = join(emptyDirectory(), 'file');
    writeFileSync(directory, '');
    const error = (await ask(fileRunStore(directory)))._unsafeUnwrapErr();
    expect(error).toMatchObject({ kind: 'RunStoreFailed', store: `file ${directory}`, cause: { name: 'Error', code: 'ENOTDIR' } });
    expect(error.message).toMatch(new RegExp(`^The run store \\(file \\S+/file\\) could not ${what}: ENOTDIR: .*\\.$`));
  });

  it.each([
    ['', 'expected the directory of fileRunStore, got an empty text'],
    [undefined, 'expected the directory of fileRunStore, got undefined'],
    ['runs', undefined],
  ])('wants a directory, and takes %j for: %s', (directory, problem) => {
    expect(fileRunStore(directory as string).problem).toBe(problem);
  });

  it('is written to by a user of a machine, and its process', () => {
    const { name, self } = fileRunStore('runs');
    expect([name, self]).toEqual(['file runs', { actor: `${userInfo().username}@${hostname()}`, host: hostname(), pid: process.pid }]);
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
