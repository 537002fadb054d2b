import { describe, expect, it } from 'vitest';

import type { InspectedTask, Visit } from '../inspection.js';
import { answerFrontPage } from './front-page.js';
import { frontPageState, type ShownCloud } from './front-page-state.js';

const group = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/core/0123456789abcdef';
const listenerArn = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/graasp/1/2';
const ruleArn = (id: string): string => `arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/graasp/1/2/${id}`;
const at = (minute: number): number => Date.UTC(2026, 10, 23, 7, minute);
const isoAt = (minute: number): string => new Date(at(minute)).toISOString();

const task: InspectedTask = { arn: 'arn:aws:ecs:eu-central-1:123456789012:task/graasp/abc', group: 'service:core', taskDefinition: 'x/core:7', lastStatus: 'RUNNING', desiredStatus: 'RUNNING', startedBy: undefined, stopCode: undefined, stoppedReason: undefined, capacityProvider: 'FARGATE', createdAt: at(0), startedAt: undefined, stoppedAt: undefined, containers: [] };
const migration: InspectedTask = { ...task, arn: 'x/def', group: 'family:migrate', taskDefinition: 'x/migrate:3', lastStatus: 'STOPPED', stoppedReason: 'Essential container in task exited', containers: [{ name: '</script><b>', image: 'graasp:migrate', imageDigest: undefined, exitCode: 1, reason: undefined }] };
const visit: Visit = { at: at(1), method: 'GET', url: 'https://api.graasp.org/items?token=hush', headerNames: ['accept'], status: 200, location: null, version: 'v1' };
const away = { ...visit, status: 302, location: 'https://maintenance.graasp.org:443/?token=hush', version: null };

const cloud: ShownCloud = {
  clock: { now: () => at(60), sleep: () => Promise.resolve(), random: () => 0 },
  requests: [
    { at: at(57), operation: 'ecs:UpdateService', input: { service: 'core', desiredCount: 0, secret: 'hush' }, status: 200 },
    { at: at(58), operation: 'elbv2:ModifyRule', input: { RuleArn: ruleArn('3'), Conditions: [{ HttpHeaderConfig: { Values: ['hush'] } }] }, status: 200 },
    { at: at(59), operation: 'ecs:DescribeTasks', input: { tasks: ['arn:aws:ecs:x:1:task/graasp/abc', 'b', 'c', 'd', 'e'] }, status: 400, error: 'ThrottlingException' },
  ],
  inspect: {
    services: () => [{ name: 'core', status: 'ACTIVE', desiredCount: 2, runningCount: 1, pendingCount: 1, taskDefinition: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/core:7', deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', rolloutState: 'IN_PROGRESS', taskDefinition: '' }] }],
    tasks: () => [task, { ...task, arn: 'x/2', lastStatus: 'PENDING' }, migration],
    rules: () => [
      { listenerArn, ruleArn: ruleArn('3'), priority: '7', name: 'api', conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['api.graasp.org', 'graasp.org'] } }, { Field: 'path-pattern', Values: ['/api/*'] }, { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Hush', Values: ['hush'] } }], actions: [{ Type: 'forward', TargetGroupArn: group }] },
      { listenerArn, ruleArn: ruleArn('4'), priority: '9', name: 'off', conditions: [], actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }] },
      { listenerArn, ruleArn: ruleArn('5'), priority: 'default', name: undefined, conditions: [], actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.graasp.org', Path: '/', Query: '', Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_302' } }] },
    ],
    database: () => undefined,
    databases: () => [{ identifier: 'graasp', resourceId: 'db-1', status: 'backing-up', address: { host: '127.0.0.1', port: 5432 }, model: undefined }],
    distributions: () => [],
    snapshots: () => [{ identifier: 'before-v2', instance: 'graasp', status: 'creating', percentProgress: 40, createdAt: at(58) }],
    violations: [],
    visits: [visit, visit, away, { ...visit, headerNames: ['accept', 'x-hush'] }, { ...away, method: 'POST', url: 'http://graasp.org/' }],
    defects: [],
  },
};

const withInspected = (inspected: Partial<ShownCloud['inspect']>) => frontPageState({ ...cloud, inspect: { ...cloud.inspect, ...inspected } });

describe('frontPageState', () => {
  it('shows services with their tasks, databases, snapshots, and tasks of no service', () => {
    expect(frontPageState(cloud)).toMatchObject({
      at: isoAt(60),
      services: [{ name: 'core', status: 'ACTIVE', desired: 2, running: 1, revision: 'core:7', rollout: 'IN_PROGRESS', tasks: ['RUNNING', 'PENDING'] }],
      databases: [{ identifier: 'graasp', status: 'backing-up', address: '127.0.0.1:5432' }],
      snapshots: [{ identifier: 'before-v2', of: 'graasp', status: 'creating', percentProgress: 40, created: isoAt(58) }],
      tasks: [{ id: 'def', group: 'family:migrate', revision: 'migrate:3', status: 'STOPPED', capacity: 'FARGATE', created: isoAt(0), end: 'Essential container in task exited; </script><b>: 1' }],
    });
  });

  it('shows rules in words, and whether visitors get past their headers', () => {
    expect(frontPageState(cloud).rules).toEqual([
      { listener: '2', priority: '7', name: 'api', visitors: 'closed', when: 'host is api.graasp.org or graasp.org and path is /api/*', then: 'forward to core' },
      { listener: '2', priority: '9', name: 'off', visitors: 'open', when: '', then: 'answer 503' },
      { listener: '2', priority: 'default', name: '', visitors: 'open', when: '', then: 'redirect to HTTPS://maintenance.graasp.org:443/' },
    ]);
  });

  it('shows what visitors are answered by address, without queries and without operators', () => {
    expect(frontPageState(cloud).visitors).toEqual([
      { route: 'api.graasp.org/items', answers: [{ answer: '200 v1', status: 200, count: 2 }, { answer: '302 to maintenance.graasp.org', status: 302, count: 1 }] },
      { route: 'POST http://graasp.org/', answers: [{ answer: '302 to maintenance.graasp.org', status: 302, count: 1 }] },
    ]);
  });

  it('shows requests, newest first, with what they were about', () => {
    const update = { number: 1, at: isoAt(57), operation: 'ecs:UpdateService', on: 'core, 0 desired', answer: '200' };
    const modify = { number: 2, at: isoAt(58), operation: 'elbv2:ModifyRule', on: 'rule 7 api', answer: '200' };
    const read = { number: 3, at: isoAt(59), operation: 'ecs:DescribeTasks', on: 'abc, b, c, 2 more', answer: 'ThrottlingException' };
    expect(frontPageState(cloud).requests).toEqual({ total: 3, changes: 2, latest: [read, modify, update], latestChanges: [modify, update] });
  });

  it('sums up what changes and what failed', () => {
    expect(frontPageState(cloud).summary).toEqual([
      { what: 'Visitors', says: 'kept out', detail: '1 of 2 rules closed', tone: 'busy' },
      { what: 'Services', says: 'changing', detail: '1 task running, 2 desired', tone: 'busy' },
      { what: 'Database', says: 'backing-up', detail: 'graasp, 1 snapshot', tone: 'busy' },
      { what: 'Last one-off task', says: 'failed', detail: 'migrate, exit code 1', tone: 'bad' },
    ]);
  });

  it('sums up what is as it should be', () => {
    const up = cloud.inspect.services().map((service) => ({ ...service, runningCount: 2 }));
    const done = { ...migration, containers: migration.containers.map((container) => ({ ...container, exitCode: 0 })) };
    const available = cloud.inspect.databases().map((database) => ({ ...database, status: 'available' }));
    const { summary } = withInspected({ rules: () => cloud.inspect.rules().slice(1), services: () => up, tasks: () => [done], databases: () => available, snapshots: () => [] });
    expect(summary.map(({ says, detail, tone }) => [says, detail, tone])).toEqual([
      ['let in', '1 rule, none closed', 'good'],
      ['1 of 1 up', '2 tasks running, 2 desired', 'good'],
      ['available', 'graasp, 0 snapshots', 'good'],
      ['done', 'migrate, exit code 0', 'good'],
    ]);
  });

  it('sums up what is stopped, and what is not there', () => {
    const stopped = cloud.inspect.services().map((service) => ({ ...service, desiredCount: 0, runningCount: 0 }));
    const { summary } = withInspected({ services: () => stopped, tasks: () => [], databases: () => [] });
    expect(summary.slice(1).map(({ says, tone }) => [says, tone])).toEqual([['stopped', 'quiet'], ['none', 'quiet'], ['none', 'quiet']]);
  });
});

describe('answerFrontPage', () => {
  const bodyOf = (path: string): string => new TextDecoder().decode(answerFrontPage('GET', path, cloud)?.body);

  it('serves the page at the root, and its state as JSON', () => {
    expect(answerFrontPage('GET', '/', cloud)?.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(bodyOf('/')).toContain('<title>Local cloud</title>');
    expect(JSON.parse(bodyOf('/_local-cloud/state'))).toEqual(frontPageState(cloud));
  });

  it.each([['POST', '/'], ['HEAD', '/'], ['GET', '/v2/'], ['GET', '/?Action=ListUsers']])('leaves %s %s to AWS', (method, path) => {
    expect(answerFrontPage(method, path, cloud)).toBeUndefined();
  });

  it('tells no secret, and lets no text of the cloud become markup', () => {
    expect(bodyOf('/')).not.toMatch(/hush/i);
    expect(bodyOf('/')).not.toContain('<b>');
    expect(bodyOf('/_local-cloud/state')).not.toMatch(/hush/i);
  });
});
