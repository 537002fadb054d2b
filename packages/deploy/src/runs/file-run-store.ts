import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Result, type ResultAsync } from 'neverthrow';
import type { RunStoreFailed } from '../errors.js';
import type { LockHolder, RunStore, StoredDocument, StoredVersion } from './run-store.js';

/**
 * How many versions of a document are kept. A writer that was overtaken finds its version's name taken and loses; it could win
 * wrongly only if so many others wrote, and were tidied away, between its look at the directory and its own write.
 */
const versionsKept = 16;

/**
 * Keeps runs in a directory of this machine. Every version of a document is a file of its own (`lock.4.json`), linked into place once:
 * whoever links it first has won. A version is complete or absent, whenever the process or the machine dies.
 *
 * The file dies with the machine, and another machine does not see it: two people, or a CI runner that is replaced, are not kept
 * apart. `connect` therefore refuses it for anything but a local cloud unless this is `acknowledged`.
 */
export function fileRunStore(directory: string, options: { readonly acknowledged?: boolean | undefined } = {}): RunStore {
  const name = `file ${directory}`;
  const attempt = <T>(what: string, run: () => T): ResultAsync<T, RunStoreFailed> =>
    Result.fromThrowable(run, (thrown) => storeFailed(name, what, thrown))().asyncMap((value) => Promise.resolve(value));
  return {
    name,
    problem: typeof directory === 'string' && directory !== '' ? undefined : `expected the directory of fileRunStore, got ${directory === '' ? 'an empty text' : typeof directory}`,
    volatile: options.acknowledged === true ? undefined : 'a file is lost with its machine, and other machines do not see it',
    self: thisProcess(),
    provesDead,
    read: (key) => attempt(`read ${key}`, () => readLatest(locate(directory, key))),
    create: (key, body) => attempt(`write ${key}`, () => writeNext(locate(directory, key), body, null)),
    replace: (key, body, etag) => attempt(`write ${key}`, () => writeNext(locate(directory, key), body, etag)),
    remove: (key, etag) => attempt(`remove ${key}`, () => writeNext(locate(directory, key), '', etag) !== null),
    list: (prefix) => attempt(`list ${prefix}`, () => keysBelow(directory).filter((key) => key.startsWith(prefix)).sort()),
  };
}

interface Location {
  readonly folder: string;
  readonly file: string;
}

function locate(directory: string, key: string): Location {
  const segments = key.split('/');
  const odd = segments.find((segment) => !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(segment));
  if (odd !== undefined) throw new Error(`"${odd}" cannot be part of a file's name here`);
  return { folder: path.join(directory, ...segments.slice(0, -1)), file: segments[segments.length - 1]! };
}

/** The newest version; null when there is none or when it says that the document was removed (an empty file). */
function readLatest(location: Location): StoredDocument | null {
  for (;;) {
    const version = latestVersion(location);
    if (version === 0) return null;
    const body = readIfThere(versionPath(location, version));
    if (body !== null) return body === '' ? null : { body, etag: String(version) };
  }
}

function writeNext(location: Location, body: string, etag: string | null): StoredVersion | null {
  const latest = latestVersion(location);
  const removed = latest === 0 || fs.statSync(versionPath(location, latest), { throwIfNoEntry: false })?.size === 0;
  if (etag === null ? !removed : removed || etag !== String(latest)) return null;
  const next = latest + 1;
  if (!linkOnce(location, next, body)) return null;
  tidy(location, next);
  return { etag: String(next) };
}

/** Writes a complete file beside its place, then links it there: the link is made by one writer only. */
function linkOnce(location: Location, version: number, body: string): boolean {
  fs.mkdirSync(location.folder, { recursive: true });
  const draft = path.join(location.folder, `.${location.file}.${version}.${process.pid}.draft`);
  writeDurably(draft, body);
  try {
    fs.linkSync(draft, versionPath(location, version));
    syncFolder(location.folder);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

function writeDurably(file: string, body: string): void {
  const descriptor = fs.openSync(file, 'w', 0o600);
  try {
    fs.writeFileSync(descriptor, body);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Makes the new name itself survive a power cut; not possible on every system, and then not needed. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function tidy(location: Location, latest: number): void {
  for (const version of versionsOf(location)) {
    if (version <= latest - versionsKept) fs.rmSync(versionPath(location, version), { force: true });
  }
}

function latestVersion(location: Location): number {
  return Math.max(0, ...versionsOf(location));
}

function versionsOf({ folder, file }: Location): readonly number[] {
  return namesIn(folder).flatMap((name) => {
    const parts = /^(.*)\.(\d+)\.json$/.exec(name);
    return parts !== null && parts[1] === file ? [Number(parts[2])] : [];
  });
}

function versionPath({ folder, file }: Location, version: number): string {
  return path.join(folder, `${file}.${version}.json`);
}

function keysBelow(directory: string, prefix = ''): readonly string[] {
  const keys = new Set<string>();
  for (const name of namesIn(path.join(directory, prefix))) {
    const file = /^(.*)\.\d+\.json$/.exec(name)?.[1];
    if (file !== undefined) keys.add(`${prefix}${file}`);
    else if (fs.statSync(path.join(directory, prefix, name), { throwIfNoEntry: false })?.isDirectory() === true) {
      for (const key of keysBelow(directory, `${prefix}${name}/`)) keys.add(key);
    }
  }
  return [...keys].filter((key) => readLatest(locate(directory, key)) !== null);
}

function namesIn(folder: string): readonly string[] {
  return ifThere(() => fs.readdirSync(folder)) ?? [];
}

function readIfThere(file: string): string | null {
  return ifThere(() => fs.readFileSync(file, 'utf8'));
}

function ifThere<T>(look: () => T): T | null {
  try {
    return look();
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  }
}

function thisProcess(): LockHolder {
  const host = os.hostname();
  return { actor: `${userName()}@${host}`, host, pid: process.pid };
}

function userName(): string {
  return Result.fromThrowable(() => os.userInfo().username)().unwrapOr('somebody');
}

/** A process of this machine that is gone is dead; a process number that is in use again proves nothing. */
function provesDead(holder: LockHolder): boolean {
  if (holder.host !== os.hostname() || holder.pid === undefined) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function storeFailed(store: string, what: string, thrown: unknown): RunStoreFailed {
  const { name, message, code } = thrown as NodeJS.ErrnoException;
  return {
    kind: 'RunStoreFailed',
    message: `The run store (${store}) could not ${what}: ${message}.`,
    remedy: 'Make the directory readable and writable for this user, with space left on its disk.',
    store,
    cause: { name, message, code },
  };
}
