import { readFileSync } from 'node:fs';
import type { IamStatement } from '@graasp/local-cloud';
import { describe, expect, it } from 'vitest';
import { checkPolicy, decide } from '../packages/local-cloud/src/iam/policy.js';

const read = (name: string) => readFileSync(new URL(`../examples/${name}`, import.meta.url), 'utf8');
const issuer = 'token.actions.githubusercontent.com';

interface TrustStatement extends IamStatement {
  readonly Principal: { readonly Federated: string };
}

describe('the trust policy for GitHub', () => {
  const { Statement } = JSON.parse(read('operations/github-trust-policy.json')) as { readonly Statement: readonly TrustStatement[] };
  // a trust policy is on the role that has it
  const policy = { Statement: Statement.map(({ Principal: _, ...statement }) => ({ ...statement, Resource: '*' })) };
  const assumes = (claims: { readonly sub: string; readonly aud?: string }) => decide(policy, { action: 'sts:AssumeRoleWithWebIdentity', resource: '*', context: { [`${issuer}:sub`]: claims.sub, [`${issuer}:aud`]: claims.aud ?? 'sts.amazonaws.com' } });

  it('lets in the jobs of one environment of one repository, which the example workflows let people choose', () => {
    expect(() => checkPolicy(policy)).not.toThrow();
    expect(Statement.map(({ Principal }) => Principal)).toEqual([{ Federated: `arn:aws:iam::123456789012:oidc-provider/${issuer}` }]);
    const environment = 'prod';
    expect(read('workflows/deploy-with-migration.yml')).toMatch(new RegExp(`options: \\[.*\\b${environment}\\b.*\\]`));
    expect(assumes({ sub: `repo:OWNER/REPOSITORY:environment:${environment}` })).toBe('allowed');
    // how repositories that were made or renamed since July 2026 call themselves ("Immutable subject claims")
    expect(assumes({ sub: `repo:OWNER@OWNER-ID/REPOSITORY@REPOSITORY-ID:environment:${environment}` })).toBe('allowed');
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
