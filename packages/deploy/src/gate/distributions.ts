import type { CacheBehavior, DefaultCacheBehavior, DistributionConfig, FoundDistribution } from '../aws/cloudfront.js';

type Behavior = DefaultCacheBehavior | CacheBehavior;

/** What a cache behavior is for visitors; `taken`: something else answers its viewer requests, or may not stand beside the gate's function. */
export type BehaviorState = 'closed' | 'open' | 'taken';

export interface NamedBehavior {
  /** `default behavior`, `behavior img/*` */
  readonly name: string;
  readonly state: BehaviorState;
}

const event = 'viewer-request';

/** Every cache behavior of a distribution, the default one last, as the gate sees it. */
export function behaviorsOf({ CacheBehaviors, DefaultCacheBehavior }: DistributionConfig, functionName: string): readonly NamedBehavior[] {
  const ordered = (CacheBehaviors?.Items ?? []).map((behavior) => ({ name: `behavior ${behavior.PathPattern}`, state: stateOf(behavior, functionName) }));
  return DefaultCacheBehavior === undefined ? ordered : [...ordered, { name: defaultBehavior, state: stateOf(DefaultCacheBehavior, functionName) }];
}

const defaultBehavior = 'default behavior';

/** A function and Lambda@Edge may not share the viewer's events of a behavior ("Restrictions on edge functions"). */
function stateOf({ FunctionAssociations, LambdaFunctionAssociations }: Behavior, functionName: string): BehaviorState {
  const ours = (FunctionAssociations?.Items ?? []).find(({ EventType }) => EventType === event);
  if (ours !== undefined) return isFunction(ours.FunctionARN, functionName) ? 'closed' : 'taken';
  return (LambdaFunctionAssociations?.Items ?? []).some(({ EventType }) => EventType?.startsWith('viewer-') === true) ? 'taken' : 'open';
}

function isFunction(arn: string | undefined, name: string): boolean {
  return arn?.endsWith(`:function/${name}`) === true;
}

/** The configuration with the function at every behavior's viewer request; everything else stays as it is. */
export function closedConfig(config: DistributionConfig, functionArn: string): DistributionConfig {
  const closed = (behavior: Behavior) => [...others(behavior), { FunctionARN: functionArn, EventType: event } as const];
  return withAssociations(config, (behavior) => closed(behavior));
}

/** The configuration without it, but at behaviors that are to stay closed. */
export function openConfig(config: DistributionConfig, functionName: string, staying: readonly string[]): DistributionConfig {
  const isOurs = (behavior: Behavior) => stateOf(behavior, functionName) === 'closed';
  return withAssociations(config, (behavior, name) => (isOurs(behavior) && !staying.includes(name) ? others(behavior) : (behavior.FunctionAssociations?.Items ?? [])));
}

type Association = NonNullable<NonNullable<DefaultCacheBehavior['FunctionAssociations']>['Items']>[number];

function others({ FunctionAssociations }: Behavior): readonly Association[] {
  return (FunctionAssociations?.Items ?? []).filter(({ EventType }) => EventType !== event);
}

function withAssociations(config: DistributionConfig, associationsOf: (behavior: Behavior, name: string) => readonly Association[]): DistributionConfig {
  const changed = <B extends Behavior>(behavior: B, name: string): B => {
    const items = associationsOf(behavior, name);
    return { ...behavior, FunctionAssociations: items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: [...items] } };
  };
  const { CacheBehaviors, DefaultCacheBehavior } = config;
  return {
    ...config,
    DefaultCacheBehavior: DefaultCacheBehavior && changed(DefaultCacheBehavior, defaultBehavior),
    ...(CacheBehaviors?.Items === undefined ? {} : { CacheBehaviors: { ...CacheBehaviors, Items: CacheBehaviors.Items.map((behavior) => changed(behavior, `behavior ${behavior.PathPattern}`)) } }),
  };
}

/** `distribution E1ASSETS (assets.graasp.org)`: how a distribution is called in reports and errors. */
export function distributionName({ id, config, domainName }: Pick<FoundDistribution, 'id' | 'config' | 'domainName'>): string {
  return `distribution ${id} (${(config.Aliases?.Items ?? [domainName]).join(', ')})`;
}

/** The gate of a distribution in as many entries as are needed to tell it: one, or one for each behavior when they differ. */
export function gateEntries(distribution: FoundDistribution, functionName: string): readonly { readonly name: string; readonly closed: boolean }[] {
  const behaviors = behaviorsOf(distribution.config, functionName);
  const closed = behaviors.filter(({ state }) => state === 'closed').length;
  const name = distributionName(distribution);
  if (closed === 0 || closed === behaviors.length) return [{ name, closed: closed > 0 }];
  return behaviors.map((behavior) => ({ name: `${name}, ${behavior.name}`, closed: behavior.state === 'closed' }));
}
