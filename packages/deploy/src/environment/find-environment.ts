import { err, errAsync, ok, ResultAsync, type Result } from 'neverthrow';
import { describeClusters, findServices, type Service } from '../aws/ecs.js';
import { describeListeners, describeLoadBalancer, describeTargetGroups, type Listener, type LoadBalancer, type TargetGroup } from '../aws/elbv2.js';
import { notFound } from '../aws/map-error.js';
import { type DBInstance, describeDbInstance } from '../aws/rds.js';
import { getCallerIdentity } from '../aws/sts.js';
import type { AwsError, NotFound, Refused, RunStoreFailed } from '../errors.js';
import { databaseAside } from '../runs/baseline.js';
import { readBaseline } from '../runs/baseline-keeper.js';
import { internals, type Environment, type Found, type ServiceTargetGroup } from './environment.js';

export interface FoundEnvironment {
  readonly accountId: string;
  readonly found: Found;
}

/** Whose account it is, then every name of the definition at once. */
export async function findEnvironment(unfound: Environment): Promise<Result<FoundEnvironment, AwsError | Refused | RunStoreFailed>> {
  const identity = await getCallerIdentity(unfound);
  if (identity.isErr()) return err(identity.error);
  const { accountId } = identity.value;
  const expected = unfound.definition.accountId;
  if (expected !== undefined && expected !== accountId) return err(otherAccount(unfound, accountId));
  const env = { ...unfound, [internals]: { ...unfound[internals], accountId } };
  return (await findNames(env)).map((found) => ({ accountId, found }));
}

function findNames(env: Environment): ResultAsync<Found, AwsError | RunStoreFailed> {
  const { definition } = env;
  const answers = [describeClusters(env, [definition.cluster]), findActiveServices(env), findListener(env), findDatabase(env)] as const;
  return ResultAsync.combineWithAllErrors(answers)
    .mapErr(firstOrAllMissing)
    .andThen(([clusters, services, balancer, database]) =>
      targetGroupsOf(env, services, balancer.loadBalancer).map((targetGroupsOf) => ({
        clusterArn: clusters[0]?.clusterArn ?? '',
        ...listenerOf(balancer),
        targetGroupsOf,
        databaseResourceId: database.DbiResourceId ?? '',
      })),
    );
}

/** What cannot be known comes first: with denied calls a list of missing things would be a guess. */
function firstOrAllMissing(failures: readonly (AwsError | RunStoreFailed)[]): AwsError | RunStoreFailed {
  const missing = failures.filter((failure): failure is NotFound => failure.kind === 'NotFound');
  // a cluster that is missing is missed by the services, too
  const distinct = [...new Map(missing.map((failure) => [failure.message, failure])).values()];
  const [first, ...others] = distinct;
  if (first === undefined || missing.length < failures.length) return failures.find(({ kind }) => kind !== 'NotFound') ?? failures[0]!;
  if (others.length === 0) return first;
  const all = (word: (failure: NotFound) => string, separator: string) => distinct.map(word).join(separator);
  return { ...first, resource: all(({ resource }) => resource, ', '), name: all(({ name }) => name, ', '), message: all(({ message }) => message, '; ') };
}

/** In the middle of a restore nothing bears the name: whoever goes on with that has to connect. */
function findDatabase(env: Environment): ResultAsync<DBInstance, AwsError | RunStoreFailed> {
  return describeDbInstance(env, env.definition.database).orElse((error) => {
    if (error.kind !== 'NotFound') return errAsync(error);
    return readBaseline(env).andThen((baseline) => (baseline?.value.putAside.includes(databaseAside) === true ? ok<DBInstance>({}) : err(error)));
  });
}

/** A deleted service is described for a while, as INACTIVE. */
function findActiveServices(env: Environment): ResultAsync<readonly Service[], AwsError> {
  return findServices(env, Object.keys(env.definition.services)).andThen(({ services, missing }) => {
    const deleted = services.filter(({ status }) => status === 'INACTIVE').map(({ serviceName = '' }) => serviceName);
    const gone = [...missing, ...deleted];
    return gone.length === 0 ? ok(services) : err(notFound(env, { kind: 'service', name: gone.join(', ') }));
  });
}

interface FoundListener {
  readonly loadBalancer: LoadBalancer;
  readonly listener: Listener;
}

function findListener(env: Environment): ResultAsync<FoundListener, AwsError> {
  return describeLoadBalancer(env, env.definition.loadBalancer).andThen((loadBalancer) =>
    describeListeners(env, loadBalancer.LoadBalancerArn ?? '').andThen((listeners) => {
      const listener = chooseListener(listeners, env.definition.maintenance.listenerPort);
      return listener === undefined ? err(noListener(env, listeners)) : ok({ loadBalancer, listener });
    }),
  );
}

function chooseListener(listeners: readonly Listener[], port: number | undefined): Listener | undefined {
  if (port !== undefined) return listeners.find(({ Port }) => Port === port);
  const https = listeners.find(({ Port, Protocol }) => Port === 443 && Protocol === 'HTTPS');
  return https ?? (listeners.length === 1 ? listeners[0] : undefined);
}

function noListener(env: Environment, listeners: readonly Listener[]): NotFound {
  const { loadBalancer, maintenance } = env.definition;
  const there = listeners.map(({ Protocol, Port }) => `${Protocol}:${Port}`).join(', ') || 'none';
  const missing = notFound(env, { kind: 'listener', name: `${loadBalancer} ${maintenance.listenerPort ?? 'HTTPS:443'}` });
  return { ...missing, remedy: `Name the listener whose rules are gated by maintenance.listenerPort; there is ${there}.` };
}

function listenerOf({ loadBalancer, listener }: FoundListener) {
  return {
    loadBalancerArn: loadBalancer.LoadBalancerArn ?? '',
    loadBalancerDnsName: loadBalancer.DNSName ?? '',
    listenerArn: listener.ListenerArn ?? '',
    listenerProtocol: listener.Protocol ?? '',
    listenerPort: listener.Port ?? 0,
  };
}

/** Target groups of another balancer are not ours to look at. */
function targetGroupsOf(env: Environment, services: readonly Service[], loadBalancer: LoadBalancer): ResultAsync<Found['targetGroupsOf'], AwsError> {
  const arns = [...new Set(services.flatMap((service) => (service.loadBalancers ?? []).map(({ targetGroupArn }) => targetGroupArn ?? '')))].filter((arn) => arn !== '');
  if (arns.length === 0) return new ResultAsync(Promise.resolve(ok(Object.fromEntries(services.map(({ serviceName = '' }) => [serviceName, []])))));
  return describeTargetGroups(env, arns).map((targetGroups) => {
    const ours = targetGroups.filter((group) => belongsTo(group, loadBalancer)).map(({ TargetGroupArn }) => TargetGroupArn);
    return Object.fromEntries(services.map((service) => [service.serviceName ?? '', registrations(service).filter(({ targetGroupArn }) => ours.includes(targetGroupArn))]));
  });
}

/** One that no rule forwards to at the moment has no balancer. */
function belongsTo({ LoadBalancerArns = [] }: TargetGroup, { LoadBalancerArn = '' }: LoadBalancer): boolean {
  return LoadBalancerArns.length === 0 || LoadBalancerArns.includes(LoadBalancerArn);
}

function registrations(service: Service): readonly ServiceTargetGroup[] {
  return (service.loadBalancers ?? []).flatMap(({ targetGroupArn, containerName = '', containerPort = 0 }) => (targetGroupArn === undefined ? [] : [{ targetGroupArn, containerName, containerPort }]));
}

function otherAccount({ definition }: Environment, accountId: string): Refused {
  return {
    kind: 'Refused',
    rule: 'account',
    message: `the credentials are of account ${accountId}, but ${definition.name} is defined in account ${definition.accountId}`,
    remedy: `Sign in to account ${definition.accountId}, or correct accountId in the definition.`,
  };
}
