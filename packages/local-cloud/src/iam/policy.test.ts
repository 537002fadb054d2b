import { describe, expect, it } from 'vitest';
import { checkPolicy, decide, type IamStatement, missingKeys } from './policy.js';

const service = 'arn:aws:ecs:eu-central-1:1:service/shop/web';
const update = { action: 'ecs:UpdateService', resource: service, context: { 'ecs:cluster': 'arn:aws:ecs:eu-central-1:1:cluster/shop', 'aws:TagKeys': ['a:1', 'b:1'] } };
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
    ['under one that counts only if the key has a value', [allow({ Condition: { StringLikeIfExists: { 'aws:RequestTag/team': 'x', 'ecs:cluster': '*' } } })], 'allowed'],
    ['under one that counts, because the key has a value', [allow({ Condition: { StringLikeIfExists: { 'ecs:cluster': 'x' } } })], 'implicitDeny'],
    ['under one that wants a key to have a value, and it has', [allow({ Condition: { Null: { 'ecs:cluster': 'false' } } })], 'allowed'],
    ['under one that wants a key to have a value, and it has none', [allow({ Condition: { Null: { 'aws:RequestTag/team': 'false' } } })], 'implicitDeny'],
    ['under one that wants a key to have no value', [allow({ Condition: { Null: { 'aws:RequestTag/team': 'true' } } })], 'allowed'],
    ['under one that all values of a key fulfil', [allow({ Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': ['a:*', 'b:*'] } } })], 'allowed'],
    ['under one that not all values of a key fulfil', [allow({ Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': 'a:*' } } })], 'implicitDeny'],
    ['under one that any value of a key fulfils', [allow({ Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'a:*' } } })], 'allowed'],
    ['under one for all values of a key that has none', [allow({ Condition: { 'ForAllValues:StringEquals': { 'aws:PrincipalTag/x': 'a' } } })], 'allowed'],
    ['under one for any value of a key that has none', [allow({ Condition: { 'ForAnyValue:StringEquals': { 'aws:PrincipalTag/x': 'a' } } })], 'implicitDeny'],
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
    [policy(allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })), 'iam.policy: statement 0: the local cloud evaluates StringEquals, StringLike, ArnEquals, ArnLike, Null, not IpAddress.'],
  ])('refuses %j', (given, message) => {
    expect(() => {
      checkPolicy(given);
    }).toThrow(message);
  });
});
