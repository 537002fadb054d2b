import { describe, expect, it } from 'vitest';
import { earliestQuiet, minutesSince, quietMinute } from './drain-minutes.js';

const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);

function minutes(provenAt: string, now: string, reported: Record<string, number> = {}) {
  return minutesSince({ provenAt: at(provenAt), now: at(now), reported: new Map(Object.entries(reported).map(([time, requests]) => [at(time), { graasp: requests, collab: 0 }])) });
}

describe('minutesSince', () => {
  it('begins with the first whole minute after the gate was proven closed', () => {
    expect(minutes('10:00:01', '10:01:59')).toEqual([]);
    expect(minutes('10:00:01', '10:02:00').map((minute) => minute.at)).toEqual([at('10:01:00')]);
    expect(minutes('10:00:00', '10:01:00').map((minute) => minute.at)).toEqual([at('10:00:00')]);
  });

  it('takes a minute without a datum for unknown until it has been over for three minutes, and for zero then', () => {
    expect(minutes('10:00:00', '10:03:59')[0]).toEqual({ at: at('10:00:00'), settled: false, requests: null, byTargetGroup: {} });
    expect(minutes('10:00:00', '10:04:00')[0]).toEqual({ at: at('10:00:00'), settled: true, requests: 0, byTargetGroup: {} });
  });

  it('keeps what was reported, and of whom', () => {
    expect(minutes('10:00:00', '10:02:00', { '10:00:00': 7 })).toEqual([
      { at: at('10:00:00'), settled: false, requests: 7, byTargetGroup: { graasp: 7 } },
      { at: at('10:01:00'), settled: false, requests: null, byTargetGroup: {} },
    ]);
  });
});

describe('quietMinute', () => {
  const quiet = (now: string, reported: Record<string, number>, ignoreBelow = 0) => quietMinute(minutes('10:00:00', now, reported), ignoreBelow)?.at ?? null;

  it('is none while no minute is settled, even when what came in so far is zero', () => expect(quiet('10:03:59', { '10:00:00': 0 })).toBe(null));

  it('is the newest settled one without requests', () => expect(quiet('10:05:00', { '10:00:00': 9 })).toBe(at('10:01:00')));

  it('is none while the newest settled one had requests', () => expect(quiet('10:04:00', { '10:00:00': 9 })).toBe(null));

  it('is none when a younger minute is known to be busy', () => expect(quiet('10:04:00', { '10:02:00': 1 })).toBe(null));

  it('allows for operators', () => {
    expect(quiet('10:04:00', { '10:00:00': 5, '10:02:00': 5 }, 5)).toBe(at('10:00:00'));
    expect(quiet('10:04:00', { '10:00:00': 6 }, 5)).toBe(null);
  });
});

describe('earliestQuiet', () => {
  const earliest = (provenAt: string, now: string, reported: Record<string, number> = {}, ignoreBelow = 0) => new Date(earliestQuiet(at(provenAt), minutes(provenAt, now, reported), ignoreBelow)).toISOString().slice(11, 19);

  it('is three minutes after the end of the first whole minute since the proof', () => {
    expect(earliest('10:00:00', '10:00:30')).toBe('10:04:00');
    expect(earliest('10:00:01', '10:00:30')).toBe('10:05:00');
  });

  it('moves on with each minute that is known to be busy, and with none that operators explain', () => {
    expect(earliest('10:00:00', '10:03:30', { '10:01:00': 5 })).toBe('10:06:00');
    expect(earliest('10:00:00', '10:03:30', { '10:01:00': 5 }, 5)).toBe('10:04:00');
  });

  it('is never over before it comes, while no quiet minute is seen', () => {
    for (let second = 0; second < 600; second += 7) {
      const now = new Date(at('10:00:00') + second * 1000).toISOString().slice(11, 19);
      const seen = minutes('10:00:20', now, { '10:01:00': 1, '10:04:00': 2 });
      if (quietMinute(seen, 0) === null) expect(earliestQuiet(at('10:00:20'), seen, 0)).toBeGreaterThan(at(now));
    }
  });
});
