/**
 * Runs in the browser. Everything shown is set as text, never as markup. A cell is a text, a text with a tone, or a list of these;
 * a row begins with the key by which it is found again, so that only what is new is touched: a selection and a reading position stay.
 */
export const frontPageScript = `
'use strict';
const good = ['RUNNING', 'ACTIVE', 'COMPLETED', 'available', 'open'];
const bad = ['FAILED', 'failed'];
const quiet = ['STOPPED', 'DELETED', 'stopped', ''];
const element = (id) => document.getElementById(id);
const whole = (text) => ({ text, tone: 'whole' });
const timeOf = (iso) => whole(iso.slice(11, 19));

function toned(word) {
  const tone = good.includes(word) ? 'good' : bad.includes(word) ? 'bad' : quiet.includes(word) ? 'quiet' : 'busy';
  return { text: word, tone };
}

function toneOfAnswer(answer) {
  const status = Number(answer.slice(0, 3));
  return status >= 200 && status < 300 ? 'good' : status >= 300 && status < 400 ? 'away' : 'bad';
}

function partOf(content) {
  const { text, tone } = typeof content === 'object' ? content : { text: content, tone: '' };
  const span = document.createElement('span');
  span.textContent = text;
  span.className = tone;
  return span;
}

function setCell(td, content) {
  const text = JSON.stringify(content);
  if (td.dataset.shown === text) return;
  const isNew = td.dataset.shown === undefined;
  td.dataset.shown = text;
  td.classList.remove('changed');
  td.replaceChildren(...[content].flat().filter((each) => each !== '' && each.text !== '').flatMap((each, index) => (index > 0 ? [' ', partOf(each)] : [partOf(each)])));
  if (isNew) return;
  void td.offsetWidth;
  td.classList.add('changed');
}

function rowOf(key, labels) {
  const tr = document.createElement('tr');
  tr.dataset.key = key;
  tr.setAttribute('role', 'row');
  for (const label of labels) {
    const td = tr.appendChild(document.createElement('td'));
    td.dataset.label = label;
    td.setAttribute('role', 'cell');
  }
  return tr;
}

function fill(id, rows, none) {
  const body = element(id);
  const labels = [...body.parentElement.tHead.rows[0].cells].map((th) => th.textContent);
  const before = new Map([...body.rows].map((tr) => [tr.dataset.key, tr]));
  const wanted = (rows.length > 0 ? rows : [['none', none]]).map(([key, ...cells]) => {
    const tr = before.get(String(key)) ?? rowOf(key, rows.length > 0 ? labels : ['']);
    cells.forEach((content, index) => setCell(tr.cells[index], content));
    if (rows.length === 0) tr.cells[0].colSpan = labels.length;
    return tr;
  });
  for (const tr of [...body.rows]) if (!wanted.includes(tr)) tr.remove();
  wanted.forEach((tr, index) => {
    if (body.rows[index] !== tr) body.insertBefore(tr, body.rows[index] ?? null);
  });
}

function showSummary(facts) {
  const list = element('summary');
  facts.forEach(({ what, says, detail, tone }, index) => {
    const box = list.children[index] ?? list.appendChild(document.createElement('div'));
    if (box.childElementCount === 0) box.append(document.createElement('dt'), document.createElement('dd'), document.createElement('dd'));
    box.className = tone;
    [what, says, detail].forEach((text, at) => {
      if (box.children[at].textContent !== text) box.children[at].textContent = text;
    });
  });
  document.title = 'Visitors ' + facts[0].says + ' \\u00b7 Local cloud';
}

let newest;
function show(state) {
  newest = state;
  element('at').dateTime = state.at;
  element('at').textContent = state.at.slice(0, 19).replace('T', ' ') + ' UTC in the cloud';
  showSummary(state.summary);
  fill('services', state.services.map((s) => [s.name, s.name, { text: s.running + ' of ' + s.desired, tone: s.running !== s.desired ? 'busy' : s.desired === 0 ? 'quiet' : 'good' }, s.revision, s.desired + s.running === 0 ? { text: s.rollout, tone: 'quiet' } : toned(s.status === 'ACTIVE' ? s.rollout : s.status), s.tasks.map(toned)]), 'No services.');
  fill('databases', state.databases.map((d) => [d.identifier, d.identifier, toned(d.status), d.address ?? 'none']), 'No instances.');
  fill('snapshots', state.snapshots.map((s) => [s.identifier, s.identifier, toned(s.status === 'creating' ? s.status + ', ' + s.percentProgress + ' %' : s.status), s.of, timeOf(s.created)]), 'No snapshots yet.');
  fill('visitors', state.visitors.map((v) => [v.route, v.route, v.answers.map((a) => ({ text: a.answer + (a.count > 1 ? ' \\u00d7 ' + a.count : ''), tone: 'chip ' + toneOfAnswer(a.answer) }))]), 'Nobody has come yet.');
  fill('rules', state.rules.map((r) => [r.listener + r.priority, r.priority, r.name, toned(r.visitors), r.when || 'always', r.then]), 'No rules.');
  fill('tasks', state.tasks.map((t) => [t.id, timeOf(t.created), t.group.replace(/^\\w+:/, ''), t.revision, toned(t.status), t.end, whole(t.capacity), whole(t.id.slice(0, 8))]), 'None yet.');
  showRequests(state.requests);
}

function showRequests({ total, changes, latest, latestChanges }) {
  element('counts').textContent = total + ' calls, ' + changes + ' of them no reads';
  const rows = element('reads').checked ? latest : latestChanges;
  fill('requests', rows.map((r) => [r.number, timeOf(r.at), [{ text: r.operation.split(':')[0], tone: 'quiet' }, whole(r.operation.split(':')[1])], r.on, { text: r.answer, tone: r.answer === '200' ? 'quiet' : 'bad' }]), 'None yet.');
}

function say(text, gone) {
  if (element('connection').textContent !== text) element('connection').textContent = text;
  document.body.classList.toggle('gone', gone);
}

async function update() {
  try {
    const response = await fetch('/_local-cloud/state');
    if (!response.ok) throw new Error(String(response.status));
    show(await response.json());
    say('live', false);
  } catch {
    say('The local cloud has ended or does not answer. This is what it last said.', true);
  }
  setTimeout(update, 1000);
}

element('reads').addEventListener('change', () => showRequests(newest.requests));
show(JSON.parse(element('state').textContent));
update();
`;
