import { err, type Result, type Situation } from '@graasp/deploy';
import { thisScript } from './commands.js';
import type { Facts } from './facts.js';
import type { Flags } from './flags.js';
import { type Expectation, judge, type Verdict } from './judge.js';
import type { Reached } from './reach-rehearsal.js';
import type { NotProven } from './stage.js';
import type { StepTimes } from './step-times.js';
import { tellFacts } from './tell-facts.js';

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
  const end = async (): Promise<void> => {
    say('Ending the local cloud …');
    await reached.stop();
  };
  if (signal.aborted) return end().then(() => result);
  if (result.isOk() && concluding.flags.does === 'plan') return tellPlan(concluding).then(end).then(() => result);
  const proven = await Promise.race([prove(result, concluding), aborted(signal)]);
  if (signal.aborted) return end().then(() => (result.isErr() ? result : err(notProven(['aborted before it was proven']))));
  if (waits(result, concluding.flags)) letWait(concluding);
  else await end();
  return result.isOk() && proven.length > 0 ? err(notProven(proven)) : result;
}

/** What did not hold; nothing where there is nothing to prove. */
async function prove<T, E extends object>(result: Result<T, E>, concluding: Concluding): Promise<readonly string[]> {
  const { flags, reached, version, steps, say } = concluding;
  const ended = endOf(result, flags);
  if (ended === null) return [];
  say('Restoring the snapshot aside, and comparing …');
  const facts = await reached.facts();
  const verdicts = judge(facts, expectation(ended, facts));
  if (flags.json) console.log(JSON.stringify({ type: 'proof', verdicts, facts }));
  say(`\n${tellFacts(facts, { verdicts, version, steps })}\n`);
  return verdicts.filter(({ held }) => !held).map(({ what, seen }: Verdict) => `${what}: ${seen}`);
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

async function tellPlan({ reached, say, flags }: Concluding): Promise<void> {
  const { writes } = await reached.status();
  if (flags.json) console.log(JSON.stringify({ type: 'plan-proof', writes }));
  say(writes === 0 ? '\nNothing was changed: AWS was only asked to read.' : `\n${writes} AWS requests were no reads!`);
}

/** Whether somebody may still want to go on in this local cloud. */
function waits<T, E extends object>(result: Result<T, E>, { does }: Flags): boolean {
  if (result.isOk()) return does === 'release-hold';
  const { situation } = result.error as { readonly situation?: Situation };
  const begun = does === 'release' || does === 'plan';
  return situation?.left === 'hold' || (!begun && (situation === undefined || situation.step === ''));
}

function letWait({ say, letGo }: Concluding): void {
  say(`The local cloud waits for 10 minutes, so that these commands work. End it now: ${thisScript()} --stop`);
  letGo();
}

function notProven(verdicts: readonly string[]): NotProven {
  return { kind: 'NotProven', message: `It did not hold: ${verdicts.join('; ')}`, remedy: 'This is a defect: of the library, of the local cloud, or of the example.', verdicts };
}

function aborted(signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve([]), { once: true }));
}
