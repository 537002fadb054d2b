import { err, type Result, type Situation } from '@graasp/deploy';
import { thisScript } from './commands.js';
import type { Facts } from './facts.js';
import type { Flags } from './flags.js';
import { type Expectation, judge, type Verdict } from './judge.js';
import type { Reached } from './reach-rehearsal.js';
import type { NotProven } from './stage.js';
import type { StepTimes } from './step-times.js';
import { tellFacts, tellVerdicts } from './tell-facts.js';

/** What a conclusion needs to know. */
export interface Concluding {
  readonly reached: Reached;
  readonly flags: Flags;
  readonly signal: AbortSignal;
  /** The version that the rehearsal releases. */
  readonly version: string;
  readonly steps: StepTimes['steps'];
  /** For people; silent where only JSON lines are wanted. */
  readonly say: (text: string) => void;
  readonly letGo: () => void;
}

/** Proves what became of data and visitors, and ends the local cloud, unless a hold waits in it for a next action. */
export async function conclude<T, E extends object>(result: Result<T, E>, concluding: Concluding): Promise<Result<T, E | NotProven>> {
  const { signal, reached, say } = concluding;
  const failed = await Promise.race([prove(result, concluding).catch((error: unknown) => [`it could not be proven: ${String(error)}`]), aborted(signal)]);
  if (!signal.aborted && waits(result, concluding.flags)) letWait(concluding);
  else {
    say(signal.aborted ? 'Ending the local cloud, and all that is in it …' : 'Ending the local cloud …');
    await reached.stop();
  }
  if (result.isOk()) return failed.length > 0 ? err(notProven(failed)) : result;
  return signal.aborted ? err(withoutNextActions(result.error)) : result;
}

/** What could be done next went with the local cloud. */
function withoutNextActions<E extends object>(error: E): E {
  const { situation, runId } = error as { readonly situation?: Situation; readonly runId?: string };
  const remedy = `The local cloud is gone, and with it this situation: start again. On AWS the environment would be held until ${runId ? `--resume ${runId}` : 'the run is resumed'}.`;
  return situation === undefined || situation.left !== 'hold' ? error : { ...error, remedy, situation: { ...situation, nextActions: [] } };
}

/** What did not hold; nothing where there is nothing to prove. */
async function prove<T, E extends object>(result: Result<T, E>, concluding: Concluding): Promise<readonly string[]> {
  const { flags, reached, version, steps, say } = concluding;
  if (result.isOk() && flags.does === 'plan') return provePlan(concluding);
  const ended = concluding.signal.aborted ? null : endOf(result, flags);
  if (ended === null) return [];
  say('Restoring the snapshot aside, and comparing …');
  const facts = await reached.facts();
  const verdicts = judge(facts, expectation(ended, facts));
  if (flags.json) console.log(JSON.stringify({ type: 'proof', verdicts, facts }));
  say(`\n${tellFacts(facts, { verdicts, version, steps })}\n`);
  return failedOf(verdicts);
}

function failedOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.filter(({ held }) => !held).map(({ what, seen }) => `${what}: ${seen}`);
}

/** How the release says that it ended; null when it did not begin. */
function endOf<T, E extends object>(result: Result<T, E>, { does }: Flags): Ended | null {
  if (result.isOk()) {
    if (does === 'release-hold') return null;
    return does === 'reopen' ? { left: 'as-found', schema: 'untouched' } : { left: 'released', schema: 'migrated' };
  }
  const { situation } = result.error as { readonly situation?: Situation };
  return situation === undefined || situation.step === '' ? null : situation;
}

interface Ended {
  readonly left: Situation['left'] | 'released';
  readonly schema: Situation['schema'];
}

function expectation({ left, schema }: Ended, facts: Facts): Expectation {
  const visitors = { released: 'new', hold: 'maintenance', 'as-found': 'old', untouched: 'old' } as const;
  const unknown = facts.rows.schemaAfter === 'after' ? 'after' : 'before';
  return { schema: { migrated: 'after', untouched: 'before', unknown } [schema] as Expectation['schema'], visitors: visitors[left], snapshot: left === 'released' };
}

async function provePlan({ reached, say, flags }: Concluding): Promise<readonly string[]> {
  const { writes } = await reached.status();
  const seen = writes === 0 ? 'AWS was only asked to read' : `${writes} AWS requests were no reads`;
  const verdicts: readonly Verdict[] = [{ what: 'nothing changed', held: writes === 0, seen }];
  if (flags.json) console.log(JSON.stringify({ type: 'proof', verdicts }));
  say(`\n${tellVerdicts(verdicts).join('\n')}\n`);
  return failedOf(verdicts);
}

/** Whether somebody may still want to go on in this local cloud. */
function waits<T, E extends object>(result: Result<T, E>, { does }: Flags): boolean {
  if (result.isOk()) return does === 'release-hold';
  const { situation } = result.error as { readonly situation?: Situation };
  const begun = does === 'release' || does === 'plan';
  return situation?.left === 'hold' || (!begun && (situation === undefined || situation.step === ''));
}

function letWait({ say, letGo }: Concluding): void {
  say(`The local cloud waits for 10 minutes, so that the commands below work.\nEnd it now: ${thisScript()} --stop`);
  letGo();
}

function notProven(verdicts: readonly string[]): NotProven {
  return { kind: 'NotProven', message: `It did not hold: ${verdicts.join('; ')}`, remedy: 'This is a defect: of the library, of the local cloud, or of the example.', verdicts };
}

/** Ctrl-C while it is being proven. */
function aborted(signal: AbortSignal): Promise<readonly string[]> {
  const missing = ['aborted before it was proven'];
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(missing), { once: true }));
}
