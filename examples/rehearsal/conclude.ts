import { err, type Result } from '@graasp/deploy';
import { migrationsAhead } from '../environments/graasp-images.js';
import { commandsFor, filled, thisScript } from './commands.js';
import { type Does, type Ended, endOf, failureOf, waits } from './ended.js';
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
  /** What the flags ask for, or what the run does that they resume. */
  readonly does: Does;
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
  await noteHeld(result, concluding);
  const failed = await Promise.race([prove(result, concluding).catch((error: unknown) => [`it could not be proven: ${String(error)}`]), aborted(signal)]);
  const letWait = !signal.aborted && waits(result, concluding.does);
  if (letWait) await keep(result, concluding);
  else {
    say(signal.aborted ? 'Ending the local cloud, and all that is in it …' : 'Ending the local cloud …');
    await reached.stop();
  }
  if (result.isOk() && signal.aborted) return err(abortedProof);
  if (result.isOk()) return failed.length > 0 ? err(notProven(failed)) : result;
  return letWait ? result : err(startAgain(result.error));
}

/** Who continues the run is told that its cause can be taken away, as long as the hold is there. */
async function noteHeld<T, E extends object>(result: Result<T, E>, { reached }: Concluding): Promise<void> {
  if (result.isOk()) return reached.noteHeld(null);
  const { situation, runId } = failureOf(result.error);
  if (situation?.left === 'hold') return reached.noteHeld(runId ?? null);
}

/** What could be done next went with the local cloud: where there was a hold, nothing is left of it. */
function startAgain<E extends object>(error: E): E {
  const { situation, runId = 'RUN', remedy = '' } = failureOf(error);
  if (situation === undefined) return error;
  const again = { text: 'Start again', command: thisScript() };
  if (situation.left !== 'hold') return { ...error, ...(remedy === '' ? {} : { remedy: `The local cloud is gone, and with it what there was to look at. On AWS: ${remedy}` }), situation: { ...situation, nextActions: [again] } };
  const onAws = { text: 'On AWS the environment would be held, and this would continue the run', command: filled(commandsFor('dev').resume, runId) };
  return { ...error, remedy: 'The local cloud is gone, and with it this situation.', situation: { ...situation, step: '', nextActions: [again, onAws] } };
}

/** What did not hold; nothing where there is nothing to prove. */
async function prove<T, E extends object>(result: Result<T, E>, concluding: Concluding): Promise<readonly string[]> {
  const { flags, does, reached, version, steps, say } = concluding;
  if (result.isOk() && does === 'plan') return provePlan(concluding);
  const ended = concluding.signal.aborted ? null : endOf(result, does);
  if (ended === null) return [];
  say('Comparing what there is with what there was …');
  const facts = await reached.facts();
  const verdicts = judge(facts, expectation(ended, facts, version));
  if (flags.json) console.log(JSON.stringify({ type: 'proof', verdicts, facts }));
  say(`\n${tellFacts(facts, { verdicts, version, steps })}\n`);
  return failedOf(verdicts);
}

function failedOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.filter(({ held }) => !held).map(({ what, seen }) => `${what}: ${seen}`);
}

/** Whoever is let in must meet the code that fits the schema, and only a proof of the schema can contradict what is there. */
function expectation({ left, schema }: Ended, facts: Facts, version: string): Expectation {
  const there = facts.rows.schemaAfter === 'after' ? 'after' : 'before';
  const expected = ({ migrated: 'after', untouched: 'before', unknown: there } as const)[schema];
  const visitors = left === 'hold' ? 'maintenance' : expected === 'after' ? 'new' : 'old';
  return { schema: expected, migrations: migrationsAhead(version), visitors, snapshot: left === 'released' };
}

async function provePlan({ reached, say, flags }: Concluding): Promise<readonly string[]> {
  const { writes } = await reached.status();
  const seen = writes === 0 ? 'AWS was only asked to read' : `${writes} AWS requests were no reads`;
  const verdicts: readonly Verdict[] = [{ what: 'nothing changed', held: writes === 0, seen }];
  if (flags.json) console.log(JSON.stringify({ type: 'proof', verdicts }));
  say(`\n${tellVerdicts(verdicts).join('\n')}\n`);
  return failedOf(verdicts);
}

async function keep<T, E extends object>(result: Result<T, E>, { say, letGo, reached }: Concluding): Promise<void> {
  const { held } = await reached.status();
  const shown = result.isErr() && (failureOf(result.error).situation?.nextActions ?? []).length > 0;
  const why = shown ? ', so that the commands below work' : held === null ? ', for a look at it' : `, for run ${held} to be continued`;
  say(`The local cloud waits for 10 minutes${why}.\nEnd it now: ${thisScript()} --stop`);
  letGo();
}

function notProven(verdicts: readonly string[]): NotProven {
  return { kind: 'NotProven', message: `It did not hold: ${verdicts.join('; ')}`, remedy: 'This is a defect: of the library, of the local cloud, or of the example.', verdicts };
}

/** Of what had succeeded. */
const abortedProof: NotProven = { kind: 'Aborted', message: 'aborted while it was being proven; what was called had succeeded', remedy: `The local cloud is gone, and with it the proof. Start again: ${thisScript()}`, verdicts: [] };

/** Ctrl-C while it is being proven. */
function aborted(signal: AbortSignal): Promise<readonly string[]> {
  const missing = ['aborted before it was proven'];
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(missing), { once: true }));
}
