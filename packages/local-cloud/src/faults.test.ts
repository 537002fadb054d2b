import { describe, expect, it } from 'vitest';
import { createFaults } from './faults.js';

const always = () => 0;

describe('createFaults', () => {
  it('hits the nth matching call, and as many after it as told', () => {
    const faults = createFaults(always);
    faults.add({ kind: 'throttle', operation: 'ecs:UpdateService', occurrence: 2, times: 2 });

    const kinds = ['ecs:UpdateService', 'ecs:DescribeServices', 'ecs:UpdateService', 'ecs:UpdateService', 'ecs:UpdateService'].map((operation) => faults.onOperation(operation)?.kind);

    expect(kinds).toEqual([undefined, undefined, 'throttle', 'throttle', undefined]);
  });

  it.each([
    ['*', true],
    ['rds:*', true],
    ['rds:DescribeDBInstances', true],
    ['rds:Describe', false],
    ['ecs:*', false],
  ])('matches rds:DescribeDBInstances against %s: %s', (operation, hit) => {
    const faults = createFaults(always);
    faults.add({ kind: 'delay', operation, ms: 1 });
    expect(faults.onOperation('rds:DescribeDBInstances') !== undefined).toBe(hit);
  });

  it('hits every call without an occurrence, or some by chance, or the first ones', () => {
    const draws = [0.4, 0.6, 0.4];
    const faults = createFaults(() => draws.shift() ?? 1);
    faults.add({ kind: 'throttle', operation: 'a:A', probability: 0.5 });
    faults.add({ kind: 'delay', operation: 'b:B', times: 2 });
    faults.add({ kind: 'stale-read', operation: 'c:C' });

    const hits = (operation: string, calls: number): boolean[] => Array.from({ length: calls }, () => faults.onOperation(operation) !== undefined);

    expect(hits('a:A', 3)).toEqual([true, false, true]);
    expect(hits('b:B', 3)).toEqual([true, true, false]);
    expect(hits('c:C', 3)).toEqual([true, true, true]);
  });

  it('counts a call for every fault that matches it, and answers the first that hits', () => {
    const faults = createFaults(always);
    faults.add({ kind: 'throttle', operation: '*', occurrence: 1 });
    faults.add({ kind: 'server-error', operation: 'ecs:*', occurrence: 2 });

    expect([faults.onOperation('ecs:A')?.kind, faults.onOperation('ecs:A')?.kind, faults.onOperation('ecs:A')?.kind]).toEqual(['throttle', 'server-error', undefined]);
  });

  it('gives a behaviour once, as many times as told, or whenever the image runs', () => {
    const faults = createFaults(always);
    faults.add({ kind: 'snapshot', what: 'fail' });
    faults.add({ kind: 'task', family: 'migrate', what: 'exit', exitCode: 1, times: 2 });
    faults.add({ kind: 'service-image', image: 'core', what: 'crash-loop' });

    expect([1, 2].map(() => faults.take('snapshot', () => true)?.what)).toEqual(['fail', undefined]);
    expect(faults.take('task', ({ family }) => family === 'other')).toBeUndefined();
    expect([1, 2, 3].map(() => faults.take('task', ({ family }) => family === 'migrate')?.exitCode)).toEqual([1, 1, undefined]);
    expect([1, 2, 3].map(() => faults.take('service-image', () => true)?.what)).toEqual(['crash-loop', 'crash-loop', 'crash-loop']);
  });

  it('does nothing once cleared', () => {
    const faults = createFaults(always);
    faults.add({ kind: 'throttle', operation: '*' });
    faults.add({ kind: 'snapshot', what: 'fail' });

    faults.clear();

    expect(faults.onOperation('ecs:A')).toBeUndefined();
    expect(faults.take('snapshot', () => true)).toBeUndefined();
  });

  it('refuses a kind that there is not, which would never happen', () => {
    const faults = createFaults(() => 0);
    expect(() => faults.add({ kind: 'explode' } as never)).toThrow(/^faults: expected a kind of throttle, server-error, .*s3-conflict, got 'explode'\.$/);
    expect(() => faults.add(undefined as never)).toThrow('got undefined.');
  });
});
