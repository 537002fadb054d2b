import { afterEach, describe, expect, it, vi } from 'vitest';
import { createClients } from './clients.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('createClients', () => {
  it('makes a client once, for its region, without retries of its own', async () => {
    const clients = createClients('eu-central-2', {});
    const { client } = await clients.ecs();
    expect((await clients.ecs()).client).toBe(client);
    expect(await client.config.region()).toBe('eu-central-2');
    expect(await client.config.maxAttempts()).toBe(1);
  });

  it('sends requests to the endpoint or to the handler that was given, with the credentials that were given', async () => {
    const seen: { hostname?: string; headers?: Record<string, string> }[] = [];
    const requestHandler = { handle: (request: object) => { seen.push(request); return Promise.reject(new Error('seen')); } };
    const credentials = () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token', expiration: new Date(4e12) });
    const { client, sdk } = await createClients('eu-central-1', { endpoint: 'http://127.0.0.1:4566', requestHandler, credentials }).sts();
    await expect(client.send(new sdk.GetCallerIdentityCommand({}))).rejects.toThrow('seen');
    expect(seen[0]?.hostname).toBe('127.0.0.1');
    expect(seen[0]?.headers?.['authorization']).toContain('Credential=AKIDEXAMPLE/');
    expect(seen[0]?.headers?.['x-amz-security-token']).toBe('token');
  });

  it('signs with the credentials that the environment of the process has, where none are given', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFTHEPROCESS');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    const signed: unknown[] = [];
    const requestHandler = { handle: ({ headers }: { headers: Record<string, string> }) => { signed.push(headers['authorization']); return Promise.reject(new Error('seen')); } };
    const { client, sdk } = await createClients('eu-central-1', { requestHandler }).sts();
    await expect(client.send(new sdk.GetCallerIdentityCommand({}))).rejects.toThrow('seen');
    expect(signed).toEqual([expect.stringContaining('Credential=AKIDOFTHEPROCESS/')]);
  });

  it('finds that there are no credentials where neither the process nor its files have any', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE', 'AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', 'AWS_CONTAINER_CREDENTIALS_FULL_URI']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, '/nowhere');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const { client, sdk } = await createClients('eu-central-1', { requestHandler: { handle: () => Promise.reject(new Error('seen')) } }).sts();
    await expect(client.send(new sdk.GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: 'CredentialsProviderError' });
  });

  it('gives up a connection or an answer that does not come, so that the request can be sent again', async () => {
    const { client } = await createClients('eu-central-1', {}).rds();
    const { configProvider } = client.config.requestHandler as unknown as { readonly configProvider: Promise<object> };
    expect(await configProvider).toMatchObject({ connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true });
  });

  it('loads each of the ten services', async () => {
    const clients = createClients('eu-central-1', {});
    const all = await Promise.all([clients.ecs(), clients.rds(), clients.elbv2(), clients.cloudwatch(), clients.logs(), clients.ecr(), clients.autoscaling(), clients.s3('eu-west-1'), clients.sts(), clients.iam()]);
    expect(all.map((loaded) => loaded?.client.config.serviceId)).toEqual(['ECS', 'RDS', 'Elastic Load Balancing v2', 'CloudWatch', 'CloudWatch Logs', 'ECR', 'Application Auto Scaling', 'S3', 'STS', 'IAM']);
  });
});
