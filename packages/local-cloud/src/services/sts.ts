import { type CloudContext, type Operations, ServiceFault } from '../context.js';

/** What tokens for AWS are made for, unless the provider is registered otherwise. */
const audience = 'sts.amazonaws.com';
const defaultSessionSeconds = 3600;
/** "AssumeRoleWithWebIdentity": whatever a role has as its own maximum. */
const sessionSeconds = { least: 900, most: 43_200 };

interface WebIdentityInput {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  readonly WebIdentityToken: string;
  readonly DurationSeconds?: number | undefined;
}

/** STS: who is calling, and sessions for who brings a token of another identity provider. */
export function createSts(context: CloudContext): { readonly operations: Operations } {
  let sessions = 0;
  return {
    operations: {
      GetCallerIdentity: () => ({ Account: context.accountId, Arn: context.authorizer.caller.arn, UserId: context.authorizer.caller.id }),
      AssumeRoleWithWebIdentity({ RoleArn, RoleSessionName, WebIdentityToken, DurationSeconds = defaultSessionSeconds }: WebIdentityInput) {
        if (DurationSeconds < sessionSeconds.least || DurationSeconds > sessionSeconds.most) throw new ServiceFault('ValidationError', `1 validation error detected: Value '${DurationSeconds}' at 'durationSeconds' failed to satisfy constraint`);
        const role = new RegExp(`^arn:aws:iam::${context.accountId}:role/(?:.*/)?([^/]+)$`).exec(RoleArn)?.[1];
        if (role === undefined) throw new ServiceFault('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403);
        const { sub = '', aud } = claimsOf(WebIdentityToken);
        if (aud !== audience) throw new ServiceFault('InvalidIdentityToken', 'Incorrect token audience');
        sessions += 1;
        return {
          Credentials: {
            AccessKeyId: `ASIALOCALCLOUD${String(sessions).padStart(6, '0')}`,
            SecretAccessKey: `local-cloud-session-${sessions}`,
            SessionToken: `local-cloud-session-token-${sessions}`,
            Expiration: new Date(context.clock.now() + DurationSeconds * 1000),
          },
          SubjectFromWebIdentityToken: sub,
          AssumedRoleUser: { AssumedRoleId: `AROALOCALCLOUDXXXXXXX:${RoleSessionName}`, Arn: `arn:aws:sts::${context.accountId}:assumed-role/${role}/${RoleSessionName}` },
          Audience: audience,
        };
      },
    },
  };
}

/** Of a JSON web token, whose signature is not looked at. */
function claimsOf(token: string): { readonly sub?: string; readonly aud?: unknown } {
  try {
    const [, payload = ''] = token.split('.');
    return JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { readonly sub?: string; readonly aud?: unknown };
  } catch {
    throw new ServiceFault('InvalidIdentityToken', 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)');
  }
}
