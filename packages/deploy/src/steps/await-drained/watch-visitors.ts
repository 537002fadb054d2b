import { okAsync, type ResultAsync } from 'neverthrow';
import { steadyNow } from '../../clock.js';
import type { Environment } from '../../environment/environment.js';
import { type Umami, umamiOf, type UmamiTrouble } from '../../umami/active-visitors.js';

/** What was seen of Umami so far. */
export interface SeenVisitors {
  /** Its last answer, when in milliseconds since the epoch; null: it has given none. */
  readonly last: { readonly at: number; readonly active: number } | null;
  /** Why it does not answer; null when it did at the last look. */
  readonly trouble: VisitorsTrouble | null;
}

export interface VisitorsTrouble extends UmamiTrouble {
  /** Of the first look in a row that was not answered, milliseconds since the epoch. */
  readonly since: number;
  /** The same, for how long that is. */
  readonly steadySince: number;
  /** It is not counted on any more: the balancer's metrics alone decide. */
  readonly doneWithout: boolean;
}

/** `unknown`: it may answer at the next look. `not-told`: there is no Umami, or it is done without. */
export type VisitorsVerdict = 'gone' | 'active' | 'unknown' | 'not-told';

export interface VisitorsWatch {
  /** null where the definition has no Umami. */
  readonly seen: SeenVisitors | null;
  /** Asks once. Never fails: an Umami that does not answer ends no wait. Warns when it is done without from now on, and tells when it answers again. */
  look(): ResultAsync<void, never>;
}

/** For how long in a row Umami may not answer before it is done without. */
export const doneWithoutAfterMs = 60_000;

export function watchVisitors(env: Environment): VisitorsWatch {
  const umami = umamiOf(env);
  if (umami === null) return { seen: null, look: () => okAsync(undefined) };
  let seen: SeenVisitors = { last: null, trouble: null };
  return {
    get seen() {
      return seen;
    },
    look() {
      if (seen.trouble?.lasting === true) return okAsync(undefined);
      return observe(env, umami, seen).map((now) => {
        tell(env, seen, now);
        seen = now;
      });
    },
  };
}

/** Whether visitors have left by what Umami says; so many active ones are allowed for. */
export function visitorsVerdict(seen: SeenVisitors | null, allowed: number): VisitorsVerdict {
  if (seen === null || seen.trouble?.doneWithout === true) return 'not-told';
  if (seen.trouble !== null || seen.last === null) return 'unknown';
  return seen.last.active <= allowed ? 'gone' : 'active';
}

function observe(env: Environment, umami: Umami, before: SeenVisitors): ResultAsync<SeenVisitors, never> {
  const { since, steadySince } = before.trouble ?? { since: env.clock.now(), steadySince: steadyNow(env.clock) };
  return umami
    .activeVisitors()
    .map((active): SeenVisitors => ({ last: { at: env.clock.now(), active }, trouble: null }))
    .orElse((trouble) => okAsync({ last: before.last, trouble: { ...trouble, since, steadySince, doneWithout: trouble.lasting || steadyNow(env.clock) - steadySince >= doneWithoutAfterMs } }));
}

function tell(env: Environment, { trouble: before }: SeenVisitors, { trouble: now }: SeenVisitors): void {
  if (now?.doneWithout === true && before?.doneWithout !== true) {
    env.emit({ type: 'warning', message: `${now.problem}; whether visitors have left is decided by the balancer's metrics alone` });
  }
  if (now === null && before?.doneWithout === true) env.emit({ type: 'note', message: 'Umami answers again: it decides with the metrics whether visitors have left' });
}
