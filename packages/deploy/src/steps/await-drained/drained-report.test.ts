import { describe, expect, it } from 'vitest';
import { describeTraffic, drainedReport, type SeenTraffic } from './drained-report.js';

const at = (minute: number) => Date.parse('2026-11-23T10:00:00Z') + minute * 60_000;
const busy = { at: at(8), requests: 4, byTargetGroup: { graasp: 3, collab: 1 }, settled: true };
const calm = { at: at(9), requests: 1, byTargetGroup: { graasp: 1 }, settled: true };
const unsettled = { at: at(10), requests: null, byTargetGroup: {}, settled: false };
const seen = (changes: Partial<SeenTraffic> = {}): SeenTraffic => ({ minutes: [busy, calm, unsettled], connections: 12, visitors: null, ...changes });
const answered = { last: { at: at(9), active: 2 }, trouble: null };
const trouble = (doneWithout: boolean, last = answered.last) => ({ last, trouble: { problem: 'Umami answers 502', lasting: false, since: at(9), steadySince: 0, doneWithout } });

describe('describeTraffic', () => {
  it('tells the newest minute that something is known of, the connections, and the visitors', () => {
    expect(describeTraffic(seen({ visitors: answered }))).toBe('1 request in the minute from 10:09 (graasp 1); 12 connections; 2 visitors active');
    expect(describeTraffic(seen({ minutes: [busy], visitors: { last: { at: at(9), active: 1 }, trouble: null } }))).toBe('4 requests in the minute from 10:08 (graasp 3, collab 1); 12 connections; 1 visitor active');
  });

  it('says what it does not know', () => {
    expect(describeTraffic(seen({ minutes: [unsettled], connections: null }))).toBe('nothing reported yet since the gate was closed');
    expect(describeTraffic(seen({ connections: null, visitors: { last: null, trouble: null } }))).toBe('1 request in the minute from 10:09 (graasp 1); active visitors not asked for yet');
    expect(describeTraffic(seen({ connections: null, visitors: trouble(false) }))).toBe('1 request in the minute from 10:09 (graasp 1); active visitors unknown (Umami answers 502)');
    expect(describeTraffic(seen({ connections: null, visitors: trouble(true) }))).toBe('1 request in the minute from 10:09 (graasp 1); active visitors unknown (Umami answers 502), metrics alone decide');
  });

  it('names no target group in a minute without requests', () => {
    expect(describeTraffic(seen({ minutes: [{ ...calm, requests: 0, byTargetGroup: {} }], connections: null }))).toBe('0 requests in the minute from 10:09');
  });
});

describe('drainedReport', () => {
  it('reports every minute, the newest of which all is known, and what Umami said', () => {
    expect(drainedReport(seen({ visitors: answered }), 'metrics-and-umami', 200)).toEqual({
      drained: true,
      summary: '1 request in the minute from 10:09 (graasp 1); 2 visitors active; 3 minutes looked at',
      decidedBy: 'metrics-and-umami',
      seconds: 200,
      minutes: [
        { at: '2026-11-23T10:08:00.000Z', requests: 4, byTargetGroup: { graasp: 3, collab: 1 } },
        { at: '2026-11-23T10:09:00.000Z', requests: 1, byTargetGroup: { graasp: 1 } },
        { at: '2026-11-23T10:10:00.000Z', requests: null, byTargetGroup: {} },
      ],
      lastMinute: { at: '2026-11-23T10:09:00.000Z', requests: 1, byTargetGroup: { graasp: 1 } },
      connections: 12,
      umami: { activeVisitors: 2, at: '2026-11-23T10:09:00.000Z', problem: null },
    });
  });

  it('says nothing of Umami where there is none', () => {
    expect(drainedReport(seen({ minutes: [calm] }), 'metrics', 60)).toMatchObject({ drained: true, summary: '1 request in the minute from 10:09 (graasp 1); 1 minute looked at', umami: null });
  });

  it('has not drained when the time was over, or in a plan', () => {
    const over = drainedReport(seen({ minutes: [unsettled], visitors: trouble(true) }), 'time-over', 600);
    expect(over).toMatchObject({ drained: false, lastMinute: null, umami: { activeVisitors: 2, at: '2026-11-23T10:09:00.000Z', problem: 'Umami answers 502' } });
    expect(over.summary).toBe('the time was over: nothing reported yet since the gate was closed; 12 connections; active visitors unknown (Umami answers 502), metrics alone decide');
    const planned = drainedReport(seen({ minutes: [], connections: null, visitors: { last: null, trouble: null } }), 'nothing', 0);
    expect(planned).toMatchObject({ drained: false, summary: 'nothing is waited for in a plan', lastMinute: null, connections: null, umami: { activeVisitors: null, at: null, problem: null } });
  });
});
