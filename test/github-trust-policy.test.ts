import { readFileSync } from 'node:fs';
import type { IamStatement } from '@graasp/local-cloud';
import { describe, expect, it } from 'vitest';
import { checkPolicy, decide } from '../packages/local-cloud/src/iam/policy.js';

const read = (name: string) => readFileSync(new URL(`../examples/operations/${name}`, import.meta.url), 'utf8');
const issuer = 'token.actions.githubusercontent.com';

interface TrustStatement extends IamStatement {
  readonly Principal: { readonly Federated: string };
}

describe('the trust policy for GitHub', () => {
  const { Statement } = JSON.parse(read('github-trust-policy.json')) as { readonly Statement: readonly TrustStatement[] };
  // a trust policy is on the role that has it
  const policy = { Statement: Statement.map(({ Principal: _, ...statement }) => ({ ...statement, Resource: '*' })) };
  const assumes = (claims: { readonly sub: string; readonly aud?: string }) => decide(policy, { action: 'sts:AssumeRoleWithWebIdentity', resource: '*', context: { [`${issuer}:sub`]: claims.sub, [`${issuer}:aud`]: claims.aud ?? 'sts.amazonaws.com' } });

  it('lets in the jobs of one environment of one repository, one of those that the example workflows offer', () => {
    expect(() => checkPolicy(policy)).not.toThrow();
    expect(Statement.map(({ Principal }) => Principal)).toEqual([{ Federated: `arn:aws:iam::123456789012:oidc-provider/${issuer}` }]);
    const [, environments = ''] = /^ {6}environment: .*options: \[(.+?)\]/m.exec(read('../workflows/deploy-with-migration.yml')) ?? [];
    const letsIn = (subject: string) => environments.split(', ').filter((environment) => assumes({ sub: `${subject}:environment:${environment}` }) === 'allowed');
    expect(letsIn('repo:OWNER/REPOSITORY')).toEqual(['prod']);
    // how repositories that were made or renamed since July 2026 call themselves ("Immutable subject claims")
    expect(letsIn('repo:OWNER@OWNER-ID/REPOSITORY@REPOSITORY-ID')).toEqual(['prod']);
  });

  it.each([
    ['of a branch', { sub: 'repo:OWNER/REPOSITORY:ref:refs/heads/main' }],
    ['of a pull request', { sub: 'repo:OWNER/REPOSITORY:pull_request' }],
    ['of another environment', { sub: 'repo:OWNER/REPOSITORY:environment:prod-2' }],
    ['of a repository that took over its name', { sub: 'repo:OWNER@OTHER-ID/REPOSITORY@OTHER-ID:environment:prod' }],
    ['of another repository', { sub: 'repo:OWNER/FORK:environment:prod' }],
    ['for another audience', { sub: 'repo:OWNER/REPOSITORY:environment:prod', aud: 'https://github.com/OWNER' }],
  ])('keeps out those %s', (_, claims) => {
    expect(assumes(claims)).toBe('implicitDeny');
  });
});
