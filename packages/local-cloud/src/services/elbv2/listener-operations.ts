import type { Action, CreateListenerCommandInput, DescribeListenersCommandInput, Listener, ModifyListenerCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ServiceFault, type CloudContext, type Operations } from '../../context.js';
import type { FrontHandler } from '../../hosts/host.js';
import { page } from '../paging.js';
import { findListener, findLoadBalancer, type BalancerState, type ListenerState } from './balancer-state.js';
import { checkActions } from './check-rule.js';
import { invalidMarker, tagNew } from './load-balancer-operations.js';
import { refuseUnusableGroups } from './refuse-unusable-groups.js';

export interface ListenerHooks {
  /** Rules, or what they forward to, changed. */
  changed(listener: ListenerState): void;
  frontOf(listener: ListenerState): FrontHandler;
}

export function createListenerOperations(context: CloudContext, state: BalancerState, hooks: ListenerHooks): Operations {
  return {
    CreateListener: (input: CreateListenerCommandInput) => createListener(context, state, hooks, input),
    DescribeListeners: (input: DescribeListenersCommandInput) => describeListeners(state, input),
    ModifyListener: (input: ModifyListenerCommandInput) => modifyListener(state, hooks, input),
  };
}

async function createListener({ hosts }: CloudContext, state: BalancerState, hooks: ListenerHooks, input: CreateListenerCommandInput): Promise<object> {
  const { LoadBalancerArn: loadBalancerArn = '', Protocol, Port, Certificates, DefaultActions, Tags } = input;
  findLoadBalancer(state, loadBalancerArn);
  const protocol = protocolOf(Protocol);
  if (Port === undefined || Port < 1 || Port > 65_535) throw new ServiceFault('ValidationError', 'A port from 1 to 65535 must be specified');
  refuseTakenPort(state, loadBalancerArn, Port, undefined);

  const arn = `${loadBalancerArn.replace(':loadbalancer/', ':listener/')}/${state.newId()}`;
  const actions = defaultActions(state, loadBalancerArn, DefaultActions, protocol);
  const listener: ListenerState = {
    arn,
    loadBalancerArn,
    protocol,
    port: Port,
    certificateArns: (Certificates ?? []).map(({ CertificateArn = '' }) => CertificateArn),
    localPort: 0,
    defaultRule: { arn: `${arn.replace(':listener/', ':listener-rule/')}/${state.newId()}`, priority: Number.POSITIVE_INFINITY, conditions: [], actions, transforms: [] },
    rules: new Map(),
  };
  state.listeners.set(arn, listener);
  tagNew(state, arn, Tags);
  tagNew(state, listener.defaultRule.arn, undefined);
  hooks.changed(listener);
  listener.localPort = await hosts.front.listen(arn, hooks.frontOf(listener));
  return { Listeners: [describeListener(listener)] };
}

function protocolOf(protocol: string | undefined): 'HTTP' | 'HTTPS' {
  if (protocol === 'HTTP' || protocol === 'HTTPS') return protocol;
  throw new ServiceFault('UnsupportedProtocol', `The listener protocol '${protocol}' must be HTTP or HTTPS`);
}

function refuseTakenPort(state: BalancerState, loadBalancerArn: string, port: number, but: ListenerState | undefined): void {
  const taken = [...state.listeners.values()].some((listener) => listener !== but && listener.loadBalancerArn === loadBalancerArn && listener.port === port);
  if (taken) throw new ServiceFault('DuplicateListener', 'A listener already exists on this port for this load balancer');
}

function defaultActions(state: BalancerState, loadBalancerArn: string, actions: readonly Action[] | undefined, protocol: 'HTTP' | 'HTTPS'): Action[] {
  const checked = checkActions(actions ?? [], protocol);
  refuseUnusableGroups(state, loadBalancerArn, checked);
  return checked;
}

/** A given list replaces the whole one. */
function modifyListener(state: BalancerState, hooks: ListenerHooks, input: ModifyListenerCommandInput): object {
  const listener = findListener(state, input.ListenerArn);
  const protocol = input.Protocol === undefined ? listener.protocol : protocolOf(input.Protocol);
  if (input.Port !== undefined && input.Port !== listener.port) throw new ServiceFault('NotImplemented', 'local cloud does not implement changing the port of a listener', 501);
  if (input.DefaultActions !== undefined) listener.defaultRule.actions = defaultActions(state, listener.loadBalancerArn, input.DefaultActions, protocol);
  listener.protocol = protocol;
  if (input.Certificates !== undefined) listener.certificateArns = input.Certificates.map(({ CertificateArn = '' }) => CertificateArn);
  hooks.changed(listener);
  return { Listeners: [describeListener(listener)] };
}

function describeListeners(state: BalancerState, { ListenerArns, LoadBalancerArn, Marker, PageSize = 400 }: DescribeListenersCommandInput): object {
  if ((ListenerArns === undefined) === (LoadBalancerArn === undefined)) throw new ServiceFault('ValidationError', 'You must specify either listener ARNs or a load balancer ARN');
  if (LoadBalancerArn !== undefined) findLoadBalancer(state, LoadBalancerArn);
  const wanted = ListenerArns?.map((arn) => findListener(state, arn)) ?? [...state.listeners.values()].filter(({ loadBalancerArn }) => loadBalancerArn === LoadBalancerArn);
  const { items, next } = page(wanted, { token: Marker, size: PageSize, invalid: invalidMarker });
  return { Listeners: items.map(describeListener), NextMarker: next };
}

function describeListener({ arn, loadBalancerArn, protocol, port, certificateArns, defaultRule }: ListenerState): Listener {
  return {
    ListenerArn: arn,
    LoadBalancerArn: loadBalancerArn,
    Port: port,
    Protocol: protocol,
    ...(protocol === 'HTTPS' ? { Certificates: certificateArns.map((CertificateArn) => ({ CertificateArn })), SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06' } : {}),
    DefaultActions: [...defaultRule.actions],
  };
}
