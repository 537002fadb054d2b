/**
 * The watchdog, as text: `node -e` runs it whether this package is source, bundle or test. It reads lines from standard
 * input and, when that ends, kills what is still registered and removes the directory given as its argument.
 *
 * - `group PID`: a process group of its own, killed with SIGKILL.
 * - `postmaster PID`: PostgreSQL. Its backends have left its process group, so it is told to end them (SIGQUIT, the
 *   immediate shutdown), and killed itself only when it did not.
 * - `gone PID`: has ended; its id may belong to somebody else from now on.
 */
export const reaperProgram = `
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const directory = process.argv[1];
const registered = new Map();
let buffered = '';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (buffered + text).split('\\n');
  buffered = lines.pop();
  for (const line of lines) {
    const [verb, id] = line.split(' ');
    if (verb === 'gone') registered.delete(Number(id));
    else registered.set(Number(id), verb);
  }
});
process.stdin.on('error', reap);
process.stdin.on('end', reap);

let reaping = false;
function reap() {
  if (reaping) return;
  reaping = true;
  for (const [pid, kind] of registered) kind === 'group' ? kill(-pid, 'SIGKILL') : kill(pid, 'SIGQUIT');
  waitUntilDead(Date.now() + 10000);
}

function waitUntilDead(until) {
  const left = [...registered.keys()].filter(isAlive);
  if (left.length > 0 && Date.now() < until) return void setTimeout(waitUntilDead, 20, until);
  for (const pid of left) kill(pid, 'SIGKILL');
  remove(Date.now() + 10000);
}

function remove(until) {
  if (!path.basename(directory).startsWith('graasp-local-cloud-')) process.exit(1);
  try {
    fs.rmSync(directory, { recursive: true, force: true });
    process.exit(0);
  } catch {
    // Somebody still writes to it, for as long as a killed process takes to end.
    if (Date.now() > until) process.exit(1);
    setTimeout(remove, 50, until);
  }
}

function kill(pid, signal) {
  try { process.kill(pid, signal); } catch {}
}

function isAlive(pid) {
  try { process.kill(pid, 0); } catch { return false; }
  // A container's first process does not always reap orphans: a zombie is dead.
  try { return !/\\) Z /.test(fs.readFileSync('/proc/' + pid + '/stat', 'utf8')); } catch { return true; }
}
`;
