import { type AwsConnection, type Clock, type ConnectOptions, githubOidcCredentials, systemClock } from '@graasp/deploy';
import type { CloudDescription } from '@graasp/local-cloud';

export interface ConnectionOnGithub extends Pick<ConnectOptions, 'fetch'> {
  readonly aws: AwsConnection;
  readonly clock: Clock;
}

/**
 * AWS as a job reaches it: with the credentials of RELEASE_ROLE, asked for anew while it waits. LOCAL_CLOUD is what `describe()` of a local cloud
 * in another process says: with it the workflows can be tried where there is neither GitHub nor AWS.
 */
export async function connectionOnGithub(region: string, hide: (secrets: readonly string[]) => void): Promise<ConnectionOnGithub> {
  const { RELEASE_ROLE: roleArn = '', LOCAL_CLOUD: local } = process.env;
  const credentials = githubOidcCredentials({ roleArn, region, hide });
  if (local === undefined) return { aws: { credentials }, clock: systemClock };
  const { attachLocalCloud } = await import('@graasp/local-cloud');
  const { aws, fetch, clock } = attachLocalCloud(JSON.parse(local) as CloudDescription);
  return { aws: { ...aws, credentials }, fetch, clock };
}
