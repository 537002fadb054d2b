import { describe, expect, it } from 'vitest';
import type { NeededAccess } from './needed-access.js';
import { charactersOf, policiesOf } from './policy-document.js';

const service = (name: string) => `arn:aws:ecs:eu-central-1:123456789012:service/shop/${name}`;
const access = (changes: Partial<NeededAccess> = {}): NeededAccess => ({ action: 'ecs:UpdateService', resources: [service('web')], kinds: ['service'], context: {}, ...changes });
const condition = { ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:eu-central-1:123456789012:cluster/shop' } };

describe('policiesOf', () => {
  it('puts actions on the same things under the same condition into one statement, once', () => {
    const describe = access({ action: 'ecs:DescribeServices' });
    const run = access({ action: 'ecs:RunTask', resources: ['*'], kinds: ['any'], condition });
    expect(policiesOf([access(), describe, access(), run])).toEqual([
      {
        Version: '2012-10-17',
        Statement: [
          { Sid: 'Service', Effect: 'Allow', Action: ['ecs:DescribeServices', 'ecs:UpdateService'], Resource: [service('web')] },
          { Sid: 'AwsTellsNoResourcesApartByCluster', Effect: 'Allow', Action: ['ecs:RunTask'], Resource: ['*'], Condition: condition },
        ],
      },
    ]);
  });

  it('leaves out what another’s wildcard stands for, and takes a dot for a dot', () => {
    const resources = ['arn:aws:rds:::db:shop', 'arn:aws:rds:::db:*', 'arn:aws:s3:::a.b/*', 'arn:aws:s3:::axb/c'];
    expect(policiesOf([access({ resources })])[0]?.Statement[0]?.Resource).toEqual(['arn:aws:rds:::db:*', 'arn:aws:s3:::a.b/*', 'arn:aws:s3:::axb/c']);
  });

  it('has no two statements of one name', () => {
    const statements = policiesOf([access({ action: 'iam:PassRole', condition: { StringEquals: { 'iam:PassedToService': 'a' } } }), access({ action: 'iam:PassRole', condition: { StringEquals: { 'iam:PassedToService': 'b' } } })])[0]!.Statement;
    expect(statements.map(({ Sid }) => Sid)).toEqual(['ServiceByPassedToService', 'ServiceByPassedToService1']);
  });

  it('splits what no managed policy has room for, and loses nothing', () => {
    const resources = Array.from({ length: 300 }, (_, index) => service(`web-${String(index).padStart(3, '0')}`));
    const policies = policiesOf([access({ resources }), access({ action: 'ecs:RunTask' })]);
    expect(policies.length).toBeGreaterThan(2);
    expect(policies.filter((policy) => charactersOf(policy) > 6144)).toEqual([]);
    const statements = policies.flatMap(({ Statement }) => Statement);
    expect(statements.filter(({ Action }) => Action.includes('ecs:UpdateService')).flatMap(({ Resource }) => Resource)).toEqual(resources);
    expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
    expect(statements.filter(({ Sid }) => !/^[A-Za-z0-9]+$/.test(Sid))).toEqual([]);
  });
});
