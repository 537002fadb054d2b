import { RUNNING_VERSION } from '../environments/graasp-images.js';
import type { Facts } from './facts.js';
import { kindsOf, knownLeaks, lastSeen, type Verdict } from './judge.js';
import { SCALE } from './scale.js';
import { duration, type StepTimes } from './step-times.js';
import type { TimelineEntry } from './timeline.js';
import type { VisitKind } from './visitors.js';
import { wrapped } from './wrapped.js';

/** What is told at the end: what was proven, and what visitors saw second by second. */
export function tellFacts(facts: Facts, { verdicts, version, steps }: Told): string {
  return [...tellVerdicts(verdicts), '', ...tellVisits(facts, version), '', ...tellTimes(facts, steps)].join('\n');
}

export interface Told {
  readonly verdicts: readonly Verdict[];
  /** The version that was released. */
  readonly version: string;
  readonly steps: StepTimes['steps'];
}

function tellTimes({ visits }: Facts, steps: StepTimes['steps']): readonly string[] {
  const total = steps.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  const window = visits.verdict.maintenance?.seconds ?? 0;
  const both = (seconds: number) => `${duration(seconds)} (${(seconds / SCALE).toFixed(1)} s here)`;
  const row = (name: string, text: string) => `  ${name.padEnd(24)} ${text}`;
  const resumed = steps.some(({ seconds }) => seconds === null);
  const closed = kindsOf(lastSeen(visits.application)).includes('maintenance');
  return [
    `How long it took in the cloud, whose time passes ${SCALE} times as fast`,
    ...steps.map(({ step, seconds, failed }) => row(step, seconds === null ? 'done before' : `${duration(seconds)}${failed ? ', then failed' : ''}`)),
    row(resumed ? 'steps of this attempt' : 'all steps', both(total)),
    row('maintenance window', `${both(window)}${closed ? ' so far, still closed' : ''}`),
    ...wrapped(`  The window is what visitors met${resumed ? ', pauses between attempts included' : ''}${closed ? ', and goes on until they are let in' : ''}.`, '  '),
  ];
}

export function tellVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return ['What was proven', ...verdicts.flatMap(({ what, held, seen }) => wrapped(`  ${held ? '✔' : '✘'} ${what}: ${seen}`, '    '))];
}

function tellVisits(facts: Facts, version: string): readonly string[] {
  const { application, others } = facts.visits;
  const known = knownLeaks(facts);
  const seconds = Math.max(1, Math.ceil(Math.max(application.length, others.length) / BAR));
  return [
    `What visitors saw, a character ${seconds === 1 ? 'a second' : `${seconds} seconds`} (in the cloud ${seconds === 1 ? 'a minute' : `${seconds} minutes`})`,
    `  application  ${bar(application, seconds)}`,
    `  the others   ${bar(others, seconds)}`,
    `  1 ${RUNNING_VERSION}   · maintenance page   2 ${version}   = other services`,
    '  ~ more than one of these: hosts close and open one after the other',
    '  ! error or the wrong service   blank: nobody was answered',
    "  The application's visitors:",
    ...phases(application, version).map((line) => `  ${line}`),
    ...(known === 0 ? [] : wrapped(`  Known gap, of which preflight warns: ${known.toLocaleString('en')} requests for dev.graasp.org/api/ were answered by admin, while its rules were open.`, '  ')),
  ];
}

/** Characters of the longest bar. */
const BAR = 64;
const signs: Readonly<Record<VisitKind, string>> = { old: '1', maintenance: '·', new: '2', unversioned: '=', leak: '!', error: '!' };

function bar(timeline: readonly TimelineEntry[], seconds: number): string {
  const groups = Array.from({ length: Math.ceil(timeline.length / seconds) }, (_, index) => timeline.slice(index * seconds, (index + 1) * seconds));
  return groups.map((group) => signOf([...new Set(group.flatMap(kindsOf))])).join('');
}

function signOf(kinds: readonly VisitKind[]): string {
  if (kinds.includes('error') || kinds.includes('leak')) return '!';
  return kinds.length > 1 ? '~' : kinds.map((kind) => signs[kind]).join('') || ' ';
}

/** Seconds in a row in which the same was seen, as one line. */
function phases(timeline: readonly TimelineEntry[], version: string): readonly string[] {
  const names: Readonly<Record<VisitKind, string>> = { old: RUNNING_VERSION, maintenance: 'maintenance page', new: version, unversioned: 'other services', leak: 'the wrong service', error: 'errors' };
  const found: { kinds: string; from: number; to: number; answers: number }[] = [];
  for (const [second, entry] of timeline.entries()) {
    const kinds = kindsOf(entry).map((kind) => names[kind]).join(', then ');
    const answers = Object.values(entry.counts).reduce((sum, count) => sum + count, 0);
    const last = found.at(-1);
    // a second in which nobody asked belongs to the one before
    if (last !== undefined && (kinds === '' || kinds === last.kinds)) Object.assign(last, { to: second + 1, answers: last.answers + answers });
    else found.push({ kinds, from: second, to: second + 1, answers });
  }
  return found.map(({ kinds, from, to, answers }) => `${`${from} – ${to} s`.padStart(11)}  ${kinds.padEnd(34)} ${answers.toLocaleString('en').padStart(6)} answers`);
}
