import { escaped, table } from './markdown.js';
import type { NextAction, Situation } from '../errors.js';
import type { DeployEvent } from './events.js';
import { addEvent, emptyProgress, type Progress, type StepProgress } from './progress.js';
import { durationText } from './render-event.js';
import type { Failure } from './render-failure.js';
import { actionBlocks, renderFailureMarkdown } from './render-failure-markdown.js';
import { factsAfter, noFacts, type RunFacts } from './run-facts.js';

/** A run as its summary tells it, at any moment: also when nothing comes any more, because the process was killed. */
export interface Story {
  readonly progress: Progress;
  readonly facts: RunFacts;
  readonly startedAt: string;
  /** What goes on with it if the process dies. */
  readonly resumedBy: NextAction | null;
  /** How the process was told to end; null: it was not. */
  readonly interrupted: string | null;
  readonly warnings: readonly string[];
  readonly ending: Ending | null;
}

export type Ending =
  | { readonly outcome: 'succeeded'; readonly seconds: number; readonly summary: string }
  | { readonly outcome: 'failed'; readonly seconds: number; readonly error: Failure; readonly situation: Situation };

const unbegun: Story = { progress: emptyProgress, facts: noFacts, startedAt: '', resumedBy: null, interrupted: null, warnings: [], ending: null };

/** The story with what an event adds to it; null as long as no run has begun. */
export function storyAfter(story: Story | null, event: DeployEvent): Story | null {
  if (event.type === 'run-started') return { ...unbegun, progress: addEvent(emptyProgress, event), startedAt: event.at, resumedBy: event.resumedBy ?? null };
  return story === null ? null : { ...withEvent(story, event), progress: addEvent(story.progress, event) };
}

function withEvent(story: Story, event: DeployEvent): Story {
  switch (event.type) {
    case 'step-succeeded':
      return { ...story, facts: factsAfter(story.facts, event.report) };
    case 'warning':
      return { ...story, warnings: [...new Set([...story.warnings, event.message])] };
    case 'interrupted':
      return story.ending === null ? { ...story, interrupted: event.message } : story;
    case 'run-succeeded':
      return { ...story, facts: factsAfter(story.facts, event.report), ending: { outcome: 'succeeded', seconds: event.seconds, summary: event.summary } };
    case 'run-failed':
      return { ...story, ending: { outcome: 'failed', seconds: event.seconds, error: event.error, situation: event.situation } };
    default:
      return story;
  }
}

/** A run as Markdown: how it ended, how long visitors were kept out, versions, restore point, what to do next, its steps. `brief`: without the evidence of a failure. */
export function renderSummary(story: Story, { brief = false } = {}): string {
  const { progress, ending, facts, warnings } = story;
  const blocks = [
    `## ${escaped(`${progress.recipe ?? ''} on ${progress.environment}`)}: ${outcomeText(story)}`,
    ...(ending === null ? unfinished(story) : ending.outcome === 'succeeded' ? succeeded(ending.summary, facts) : [failed(ending, progress, brief)]),
    ...table('The run', ['', ''], factRows(story)),
    ...table('Steps', ['step', 'lasted', ''], progress.steps.map(stepRow)),
    ...(warnings.length === 0 ? [] : ['#### Warnings', warnings.slice(-warningsShown).map((warning) => `- ${escaped(clipped(warning))}`).join('\n')]),
  ];
  return `${blocks.join('\n\n').trim()}\n`;
}

const leftText: Readonly<Record<Situation['left'], string>> = { untouched: 'nothing was changed', 'as-found': 'everything was put back', hold: 'the environment is held', 'taken-over': 'another has gone on with it' };

function outcomeText({ ending, interrupted }: Story): string {
  if (ending === null) return interrupted === null ? 'not ended' : 'cancelled, not ended';
  if (ending.outcome === 'succeeded') return 'succeeded';
  return `${interrupted === null ? 'failed' : 'cancelled'}, ${leftText[ending.situation.left]}`;
}

/** Whole seconds in which visitors were kept out; null: they were not by this run, or still are. */
export function windowSeconds({ closedAt, openedAt }: RunFacts): number | null {
  return closedAt === null || openedAt === null ? null : Math.max(0, Math.round((Date.parse(openedAt) - Date.parse(closedAt)) / 1000));
}

/** Read as it stands only when the process was killed before it could write more. */
function unfinished({ progress, interrupted, resumedBy }: Story): readonly string[] {
  const told = interrupted === null ? '' : `The process was told to end (${interrupted.split(':')[0] ?? ''}). `;
  const text = `${told}If the job is over and this still stands here, the process was killed ${lastSeen(progress)} and before it could say more. The environment is left as it then was, nothing else starts on it, and visitors are kept out where they were.`;
  return [escaped(text), ...actionBlocks(resumedBy === null ? [] : [resumedBy])];
}

function lastSeen({ steps }: Progress): string {
  const last = steps.findLast(({ status }) => status !== 'ahead');
  if (last === undefined) return 'before its first step';
  const where = { open: `in ${last.name}`, failed: `after ${last.name} had failed`, done: `after ${last.name}`, ahead: '' } as const;
  return where[last.status];
}

function succeeded(summary: string, { nextActions }: RunFacts): readonly string[] {
  return [...(summary === '' ? [] : [escaped(summary)]), ...actionBlocks(nextActions)];
}

function failed({ error, situation }: Extract<Ending, { outcome: 'failed' }>, { runId }: Progress, brief: boolean): string {
  const { kind, message, remedy } = error;
  const told = brief ? { kind, message: clipped(message), remedy: clipped(remedy ?? '') } : error;
  return renderFailureMarkdown({ ...told, runId: runId ?? undefined, situation }).trimEnd();
}

const briefLength = 2_000;
const warningsShown = 20;

function clipped(text: string): string {
  return text.length <= briefLength ? text : `${text.slice(0, briefLength)}… (too long for this summary: the rest is in the log)`;
}

function factRows(story: Story): readonly (readonly string[])[] {
  const { progress, facts, ending } = story;
  const failed = ending?.outcome === 'failed';
  const before = Object.entries(facts.before).map(([service, version]) => `${service} ${version}`).join(', ');
  const rows: readonly (readonly [string, string | null])[] = [
    // a failure's own table has them
    ['run', failed ? null : progress.runId],
    ['restore point', failed && ending.situation.restorePoint !== undefined ? null : facts.restorePoint],
    ['version found', before === '' ? null : before],
    ['version deployed', facts.deployed],
    ['database migrated to', facts.migrated],
    ['visitors kept out', doorsText(facts)],
    ['began', timeText(story.startedAt)],
    ['lasted', ending === null ? null : durationText(ending.seconds)],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

function doorsText(facts: RunFacts): string | null {
  const { closedAt, openedAt } = facts;
  if (closedAt === null) return null;
  const seconds = windowSeconds(facts);
  return seconds === null || openedAt === null ? `since ${timeText(closedAt)}` : `${durationText(seconds)}, from ${timeText(closedAt)} to ${timeText(openedAt)}`;
}

/** `2026-11-23 08:00:05 UTC` */
function timeText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

const glyphs: Readonly<Record<StepProgress['status'], string>> = { done: '✓', failed: '✗', open: '▸', ahead: '·' };

function stepRow({ name, status, seconds, detail }: StepProgress): readonly string[] {
  return [`${glyphs[status]} ${name}`, seconds === null ? '' : durationText(seconds), clipped(detail)];
}
