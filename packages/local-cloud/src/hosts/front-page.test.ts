import { describe, expect, it } from 'vitest';

import type { LocalCloud } from '../local-cloud.js';
import { answerFrontPage } from './front-page.js';
import { frontPageState } from './front-page-state.js';

const group = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/core/0123456789abcdef';
const rule = {
  listenerArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/graasp/1/2',
  ruleArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/graasp/1/2/3',
};
const cloud: Pick<LocalCloud, 'inspect' | 'clock' | 'requests'> = {
  clock: { now: () => Date.UTC(2026, 10, 23, 8), sleep: () => Promise.resolve(), random: () => 0 },
  requests: [
    { at: Date.UTC(2026, 10, 23, 7, 59), operation: 'ecs:UpdateService', input: { secret: 'hush' }, status: 200 },
    { at: Date.UTC(2026, 10, 23, 8), operation: 'ecs:RunTask', input: {}, status: 400, error: 'ThrottlingException' },
  ],
  inspect: {
    services: () => [{ name: 'core', status: 'ACTIVE', desiredCount: 2, runningCount: 1, pendingCount: 1, taskDefinition: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/core:7', deployments: [{ id: 'ecs-svc/1', status: 'PRIMARY', rolloutState: 'IN_PROGRESS', taskDefinition: '' }] }],
    tasks: () => [
      { arn: 'arn:aws:ecs:eu-central-1:123456789012:task/graasp/abc', group: 'family:migrate', taskDefinition: 'x/migrate:3', lastStatus: 'STOPPED', desiredStatus: 'STOPPED', startedBy: undefined, stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', capacityProvider: 'FARGATE', createdAt: Date.UTC(2026, 10, 23, 7), startedAt: undefined, stoppedAt: undefined, containers: [{ name: '</script><b>', image: 'graasp:migrate', imageDigest: undefined, exitCode: 1, reason: undefined }] },
    ],
    rules: () => [
      { ...rule, priority: '7', name: 'api', conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['api.graasp.org', 'graasp.org'] } }, { Field: 'path-pattern', Values: ['/api/*'] }, { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-maintenance', Values: ['hush'] } }], actions: [{ Type: 'forward', TargetGroupArn: group }] },
      { ...rule, priority: 'default', name: undefined, conditions: [], actions: [{ Type: 'redirect', RedirectConfig: { Host: 'maintenance.graasp.org', Path: '/', Query: '', Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_302' } }] },
      { ...rule, priority: '9', name: 'off', conditions: [], actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }] },
    ],
    database: () => ({ identifier: 'graasp', resourceId: 'db-1', status: 'available', address: { host: '127.0.0.1', port: 5432 }, model: undefined }),
    violations: [],
    visits: [],
    defects: [],
  },
};

describe('frontPageState', () => {
  it('shows services, tasks, rules, database and requests in words', () => {
    expect(frontPageState(cloud)).toEqual({
      at: '2026-11-23T08:00:00.000Z',
      database: { identifier: 'graasp', status: 'available', address: '127.0.0.1:5432' },
      services: [{ name: 'core', status: 'ACTIVE', desired: 2, running: 1, pending: 1, revision: 'core:7', rollout: 'IN_PROGRESS' }],
      tasks: [{ id: 'abc', group: 'family:migrate', revision: 'migrate:3', status: 'STOPPED', capacity: 'FARGATE', created: '2026-11-23T07:00:00.000Z', end: 'Essential container in task exited; </script><b>: 1' }],
      rules: [
        { listener: '2', priority: '7', name: 'api', when: 'host is api.graasp.org or graasp.org and path is /api/* and header x-maintenance has its value', then: 'forward to core' },
        { listener: '2', priority: 'default', name: '', when: '', then: 'redirect to HTTPS://maintenance.graasp.org:443/' },
        { listener: '2', priority: '9', name: 'off', when: '', then: 'answer 503' },
      ],
      requests: [
        { at: '2026-11-23T08:00:00.000Z', operation: 'ecs:RunTask', answer: 'ThrottlingException' },
        { at: '2026-11-23T07:59:00.000Z', operation: 'ecs:UpdateService', answer: '200' },
      ],
    });
  });
});

describe('answerFrontPage', () => {
  const bodyOf = (path: string): string => new TextDecoder().decode(answerFrontPage('GET', path, cloud)?.body);

  it('serves the page at the root, and its state as JSON', () => {
    expect(answerFrontPage('GET', '/', cloud)?.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(bodyOf('/')).toContain('<title>Local cloud</title>');
    expect(JSON.parse(bodyOf('/_local-cloud/state'))).toEqual(frontPageState(cloud));
  });

  it('leaves everything else to AWS', () => {
    expect(answerFrontPage('POST', '/', cloud)).toBeUndefined();
    expect(answerFrontPage('GET', '/v2/', cloud)).toBeUndefined();
  });

  it('tells no secret, and lets no text of the cloud become markup', () => {
    expect(bodyOf('/')).not.toContain('hush');
    expect(bodyOf('/')).not.toContain('<b>');
    expect(bodyOf('/_local-cloud/state')).not.toContain('hush');
  });
});
