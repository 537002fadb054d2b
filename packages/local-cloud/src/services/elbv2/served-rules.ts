import type { CloudContext } from '../../context.js';
import { rulesOf, type ListenerState, type RuleState } from './balancer-state.js';

/** What a listener serves: its configuration, a little later than it was changed. */
export interface ServedRules {
  /** To be called after every change of a listener or its rules. */
  changed(listener: ListenerState): void;
  /** The rules that requests meet now, by priority, the default rule last. */
  now(listener: ListenerState): readonly Readonly<RuleState>[];
}

interface Version {
  readonly from: number;
  readonly rules: readonly Readonly<RuleState>[];
}

/** Changes arrive in the order in which they were made, each after `Timing.balancer.propagation`. A new listener serves at once. */
export function createServedRules({ clock, timing }: Pick<CloudContext, 'clock' | 'timing'>): ServedRules {
  const versions = new Map<string, Version[]>();

  return {
    changed(listener) {
      const known = versions.get(listener.arn);
      const rules = rulesOf(listener).map((rule) => ({ ...rule }));
      if (known === undefined) return void versions.set(listener.arn, [{ from: clock.now(), rules }]);
      const [shortest, longest] = timing.balancer.propagation;
      const from = clock.now() + shortest + clock.random() * (longest - shortest);
      known.push({ from: Math.max(from, known.at(-1)?.from ?? 0), rules });
    },
    now(listener) {
      const known = versions.get(listener.arn) ?? [];
      const current = known.findLastIndex(({ from }) => from <= clock.now());
      known.splice(0, current);
      return known[0]?.rules ?? [];
    },
  };
}
