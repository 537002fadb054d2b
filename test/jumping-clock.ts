import type { Clock } from '@graasp/deploy';

/** A machine's clock that is set, or stands still while the machine sleeps. */
export interface JumpingClock {
  readonly clock: Clock;
  /** The clock is set: forward, or back with less than 0. */
  set(byMs: number): void;
  /** Nothing of the machine runs for so long; the clock of the wall goes on. */
  fallAsleep(ms: number): void;
}

export function jumpingClock(base: Clock): JumpingClock {
  let setBy = 0;
  let sleptMs = 0;
  let awakeAt = Number.NEGATIVE_INFINITY;
  const on = (clock: Clock): Clock => ({
    now: () => clock.now() + setBy,
    steady: () => clock.now() - sleptMs,
    random: () => clock.random(),
    async sleep(ms, signal) {
      await clock.sleep(ms, signal);
      while (clock.now() < awakeAt) await clock.sleep(awakeAt - clock.now(), signal);
    },
    ...(clock.background === undefined ? {} : { background: on(clock.background) }),
  });
  return {
    clock: on(base),
    set: (byMs) => void (setBy += byMs),
    fallAsleep(ms) {
      awakeAt = base.now() + ms;
      sleptMs += ms;
    },
  };
}
