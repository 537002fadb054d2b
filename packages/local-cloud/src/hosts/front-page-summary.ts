import type { InspectedDatabase, InspectedRule, InspectedService, InspectedSnapshot, InspectedTask } from '../inspection.js';
import { headersOf } from './front-page-rules.js';

/** One thing to know at a glance. */
export interface FrontPageFact {
  readonly what: string;
  readonly says: string;
  readonly detail: string;
  readonly tone: Tone;
}

/** `quiet`: neither good nor bad, and nothing goes on. */
export type Tone = 'good' | 'busy' | 'bad' | 'quiet';

interface Summarised {
  readonly services: readonly InspectedService[];
  readonly tasks: readonly InspectedTask[];
  readonly rules: readonly InspectedRule[];
  readonly databases: readonly InspectedDatabase[];
  readonly snapshots: readonly InspectedSnapshot[];
}

/** Which states a definition calls these, only who has the definition can say: here is what they are made of. */
export function summaryOf({ services, tasks, rules, databases, snapshots }: Summarised): readonly FrontPageFact[] {
  return [visitorsFact(rules), servicesFact(services), databaseFact(databases, snapshots), taskFact(tasks)];
}

function visitorsFact(all: readonly InspectedRule[]): FrontPageFact {
  const rules = all.filter(({ priority }) => priority !== 'default');
  const closed = rules.filter((rule) => headersOf(rule).length > 0).length;
  const what = 'Visitors';
  if (closed === 0) return { what, says: 'let in', detail: `${counted(rules.length, 'rule')}, none closed`, tone: 'good' };
  return { what, says: 'kept out', detail: `${closed} of ${counted(rules.length, 'rule')} closed`, tone: 'busy' };
}

function servicesFact(services: readonly InspectedService[]): FrontPageFact {
  const what = 'Services';
  const [wanted, running] = [services.filter(({ desiredCount }) => desiredCount > 0).length, services.filter(isUp).length];
  const tasksRunning = services.reduce((sum, { runningCount }) => sum + runningCount, 0);
  const detail = `${counted(tasksRunning, 'task')} running, ${services.reduce((sum, { desiredCount }) => sum + desiredCount, 0)} desired`;
  if (services.some(isChanging)) return { what, says: 'changing', detail, tone: 'busy' };
  if (wanted === 0) return { what, says: 'stopped', detail, tone: 'quiet' };
  return { what, says: `${running} of ${services.length} up`, detail, tone: running === services.length ? 'good' : 'busy' };
}

const isUp = ({ desiredCount, runningCount }: InspectedService): boolean => desiredCount > 0 && runningCount >= desiredCount;

function isChanging({ desiredCount, runningCount, deployments }: InspectedService): boolean {
  return runningCount !== desiredCount || deployments.length > 1;
}

function databaseFact([database, ...others]: readonly InspectedDatabase[], snapshots: readonly InspectedSnapshot[]): FrontPageFact {
  const what = 'Database';
  const detail = [database?.identifier, counted(snapshots.length, 'snapshot'), ...(others.length > 0 ? [`${others.length} more`] : [])].filter((part) => part !== undefined).join(', ');
  const tone = toneOfDatabase(database?.status);
  return { what, says: database?.status ?? 'none', detail, tone };
}

function toneOfDatabase(status: string | undefined): Tone {
  if (status === 'available') return 'good';
  return status === undefined || status === 'stopped' ? 'quiet' : 'busy';
}

/** The migration, as a rule. */
function taskFact(tasks: readonly InspectedTask[]): FrontPageFact {
  const what = 'Last one-off task';
  const alone = tasks.filter(({ group }) => !group.startsWith('service:'));
  const task = alone.reduce<InspectedTask | undefined>((newest, each) => (newest === undefined || each.createdAt >= newest.createdAt ? each : newest), undefined);
  if (task === undefined) return { what, says: 'none', detail: 'none that is remembered', tone: 'quiet' };
  const name = task.group.replace('family:', '');
  if (task.lastStatus !== 'STOPPED') return { what, says: task.lastStatus, detail: name, tone: 'busy' };
  const codes = task.containers.map(({ exitCode }) => exitCode);
  const done = codes.every((code) => code === 0);
  return { what, says: done ? 'done' : 'failed', detail: `${name}, exit code ${codes.map((code) => code ?? 'none').join(', ')}`, tone: done ? 'good' : 'bad' };
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
