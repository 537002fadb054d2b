import { describe, expect, it } from 'vitest';
import { checkPolicy, decide, type IamStatement, missingKeys } from './policy.js';

const service = 'arn:aws:ecs:eu-central-1:1:service/shop/web';
const update = { action: 'ecs:UpdateService', resource: service, context: { 'ecs:cluster': 'arn:aws:ecs:eu-central-1:1:cluster/shop' } };
const allow = (changes: Partial<IamStatement>): IamStatement => ({ Effect: 'Allow', Action: 'ecs:UpdateService', Resource: '*', ...changes });
const policy = (...Statement: readonly IamStatement[]) => ({ Version: '2012-10-17', Statement });

describe('decide', () => {
  it.each<[string, readonly IamStatement[], string]>([
    ['without a statement that allows it', [], 'implicitDeny'],
    ['of the action by name', [allow({})], 'allowed'],
    ['of the action in another case, by wildcards', [allow({ Action: ['rds:*', 'ECS:update?ervice'] })], 'allowed'],
    ['of another action', [allow({ Action: 'ecs:UpdateServicePrimaryTaskSet' })], 'implicitDeny'],
    ['of all but others', [allow({ Action: undefined, NotAction: 'iam:*' })], 'allowed'],
    ['of all but this', [allow({ Action: undefined, NotAction: 'ecs:*' })], 'implicitDeny'],
    ['on the resource by a pattern', [allow({ Resource: 'arn:aws:ecs:*:1:service/shop/*' })], 'allowed'],
    ['on another resource', [allow({ Resource: 'arn:aws:ecs:eu-central-1:1:service/shop/we' })], 'implicitDeny'],
    ['on all resources but this', [allow({ Resource: undefined, NotResource: service })], 'implicitDeny'],
    ['that another statement denies', [allow({}), allow({ Effect: 'Deny', Resource: service })], 'explicitDeny'],
    ['that another statement denies elsewhere', [allow({}), allow({ Effect: 'Deny', Resource: 'arn:aws:ecs:*:*:service/other/*' })], 'allowed'],
    ['under a condition that holds, its key in another case', [allow({ Condition: { ArnEquals: { 'ECS:Cluster': 'arn:aws:ecs:*:1:cluster/shop' } } })], 'allowed'],
    ['under one of several values', [allow({ Condition: { StringEquals: { 'ecs:cluster': ['a', 'arn:aws:ecs:eu-central-1:1:cluster/shop'] } } })], 'allowed'],
    ['under a condition that does not hold', [allow({ Condition: { StringLike: { 'ecs:cluster': '*/other' } } })], 'implicitDeny'],
    ['under two conditions of which one does not hold', [allow({ Condition: { ArnLike: { 'ecs:cluster': '*' }, StringEquals: { 'ecs:cluster': '*' } } })], 'implicitDeny'],
    ['under a condition on a key without a value', [allow({ Condition: { StringLike: { 'aws:RequestTag/team': '*' } } })], 'implicitDeny'],
  ])('decides on a request %s', (_, statements, expected) => {
    expect(decide(policy(...statements), update)).toBe(expected);
  });
});

describe('missingKeys', () => {
  it('are those of conditions whose statement is about the request otherwise', () => {
    const conditional = allow({ Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1', 'ecs:cluster': 'x' } } });
    expect(missingKeys(policy(conditional, allow({ Action: 'rds:*', Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } })), update)).toEqual(['aws:SourceVpc']);
  });
});

describe('checkPolicy', () => {
  it.each<[unknown, string]>([
    [undefined, 'iam.policy: expected { Statement: [...] }, an IAM policy.'],
    [{ Statement: [{ Effect: 'allow', Action: '*', Resource: '*' }] }, `iam.policy: statement 0: expected Effect 'Allow' or 'Deny', got "allow".`],
    [policy(allow({}), allow({ Action: undefined })), 'iam.policy: statement 1: expected Action or NotAction.'],
    [policy(allow({ NotResource: '*' })), 'iam.policy: statement 0: expected Resource or NotResource.'],
    [policy(allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })), 'iam.policy: statement 0: the local cloud evaluates StringEquals, StringLike, ArnEquals, ArnLike, not IpAddress.'],
  ])('refuses %j', (given, message) => {
    expect(() => {
      checkPolicy(given);
    }).toThrow(message);
  });
});
