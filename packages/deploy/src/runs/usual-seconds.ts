import { ResultAsync } from 'neverthrow';
import { type Environment, internals } from '../environment/environment.js';
import { type Journal, readJournal } from './journal.js';
import { keyOf } from './store-document.js';

/** A weekly release is among them where an environment is stopped and started every day; few enough to read before each run. */
const runsConsidered = 40;
/** Enough for a median: how long something lasted before these says little. */
const lastOnes = 8;

/** How long waits of earlier runs lasted: name -> median seconds. What cannot be read is left out: nothing depends on it. */
export function readUsualSeconds(env: Environment): ResultAsync<(waitingFor: string) => number | undefined, never> {
  return readJournals(env).map(usualSeconds);
}

/** How long steps of earlier runs lasted that came to their end: name -> median seconds, and of how many. */
export function readUsualStepSeconds(env: Environment): ResultAsync<(step: string) => { readonly seconds: number; readonly runs: number } | undefined, never> {
  return readJournals(env).map((journals) => (step) => {
    const lasted = journals.flatMap(({ steps }) => steps ?? []).flatMap(({ name, status, seconds }) => (name === step && status === 'done' && seconds !== undefined ? [seconds] : []));
    const last = lasted.slice(-lastOnes);
    const seconds = median(last);
    return seconds === undefined ? undefined : { seconds, runs: last.length };
  });
}

function readJournals(env: Environment): ResultAsync<readonly Journal[], never> {
  const store = env[internals].runStore;
  const nothing = <T>(value: T) => () => ResultAsync.fromSafePromise<T, never>(Promise.resolve(value));
  return store
    .list(keyOf.journals(env.definition.name))
    .andThen((keys) => ResultAsync.combine(keys.slice(-runsConsidered).map((key) => readJournal(store, key).orElse(nothing(null)))))
    .map((found) => found.flatMap((journal) => (journal === null ? [] : [journal.value])))
    .orElse(nothing<readonly Journal[]>([]));
}

/** The median by kind of wait, over the last ones in the steps of these journals. */
export function usualSeconds(journals: readonly Journal[]): (waitingFor: string) => number | undefined {
  const seconds = new Map<string, number[]>();
  for (const wait of journals.flatMap(({ steps }) => steps ?? []).flatMap(({ waits }) => waits ?? [])) {
    const kind = kindOfWait(wait.waitingFor);
    seconds.set(kind, [...(seconds.get(kind) ?? []), wait.seconds]);
  }
  return (waitingFor) => median((seconds.get(kindOfWait(waitingFor)) ?? []).slice(-lastOnes));
}

/** `snapshot graasp-dev-v1-54-8-k3f9 to be available`: identifiers differ from run to run, the kind of wait does not. */
function kindOfWait(waitingFor: string): string {
  return waitingFor.replace(/\S*\d\S*/g, '#');
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : sorted.length === 0 ? undefined : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
