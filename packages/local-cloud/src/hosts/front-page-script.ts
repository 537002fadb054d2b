/** Runs in the browser. Everything shown is set as text, never as markup. */
export const frontPageScript = `
'use strict';
const good = ['RUNNING', 'ACTIVE', 'COMPLETED', 'available', '200'];
const bad = ['FAILED', 'failed'];
const settled = ['STOPPED', 'DELETED', 'stopped', ''];
const element = (id) => document.getElementById(id);

function tone(word) {
  if (good.includes(word)) return 'good';
  if (bad.includes(word) || /(Exception|Fault|Error)$/.test(word)) return 'bad';
  return settled.includes(word) ? '' : 'busy';
}

function row(cells, toned) {
  const tr = document.createElement('tr');
  cells.forEach((text, index) => {
    const td = tr.appendChild(document.createElement('td'));
    td.textContent = text;
    if (toned.includes(index)) td.className = tone(String(text));
  });
  return tr;
}

function fill(id, rows, toned) {
  const body = element(id);
  // Left alone when nothing changed, so that a selection or a reading position stays.
  const text = JSON.stringify(rows);
  if (body.dataset.shown === text) return;
  body.dataset.shown = text;
  body.replaceChildren(...(rows.length > 0 ? rows.map((cells) => row(cells, toned)) : [row(['None'], [])]));
}

const timeOf = (iso) => iso.slice(11, 19);

function show(state) {
  element('at').dateTime = state.at;
  element('at').textContent = state.at.slice(0, 19).replace('T', ' ') + ' UTC';
  const database = state.database;
  element('database').textContent = database === null ? 'None' : database.identifier + ': ' + database.status + (database.address === null ? '' : ', at ' + database.address);
  element('database').className = database === null ? '' : tone(database.status);
  fill('services', state.services.map((s) => [s.name, s.status, s.desired, s.running, s.pending, s.revision, s.rollout]), [1, 6]);
  fill('rules', state.rules.map((r) => [r.listener, r.priority, r.name, r.when || 'always', r.then]), []);
  fill('tasks', state.tasks.map((t) => [t.id, t.group, t.revision, t.status, t.capacity, timeOf(t.created), t.end]), [3]);
  fill('requests', state.requests.map((r) => [timeOf(r.at), r.operation, r.answer]), [2]);
}

function say(text) {
  if (element('connection').textContent !== text) element('connection').textContent = text;
}

async function update() {
  try {
    const response = await fetch('/_local-cloud/state');
    if (!response.ok) throw new Error(String(response.status));
    show(await response.json());
    say('');
  } catch {
    say('The local cloud does not answer; this is what it last said.');
  }
  setTimeout(update, 1000);
}

show(JSON.parse(element('state').textContent));
update();
`;
