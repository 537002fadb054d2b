import type { DistributionConfig } from '@aws-sdk/client-cloudfront';
import { type CloudContext, ServiceFault } from '../../context.js';
import { draw, randomText } from '../../chance.js';
import type { MaintenanceFunctionBlueprint } from '../../blueprint.js';

export type CloudFrontContext = Omit<CloudContext, 'siblings' | 'region'>;

/** Where a distribution is answered from. Each edge takes a new configuration at a moment of its own, the last one when the status becomes Deployed. */
const edges = 3;

export interface DistributionVersion {
  readonly config: DistributionConfig;
  readonly eTag: string;
  readonly modifiedAt: number;
  /** By edge, milliseconds since the epoch. */
  readonly servedFrom: readonly number[];
}

export interface DistributionState {
  readonly id: string;
  readonly domainName: string;
  /** Paths of its origin and what is found there; any other answers `ok`. */
  readonly answers: Readonly<Record<string, string>>;
  /** Oldest first. */
  versions: readonly DistributionVersion[];
}

export interface FunctionState {
  readonly name: string;
  readonly arn: string;
  readonly eTag: string;
  /** Whether it was published: only that stage can be associated. */
  readonly live: boolean;
  readonly does: MaintenanceFunctionBlueprint['redirects'];
}

export interface CloudFrontState {
  readonly distributions: Map<string, DistributionState>;
  readonly functions: Map<string, FunctionState>;
}

export function newestVersion({ versions }: DistributionState): DistributionVersion {
  return versions.at(-1)!;
}

/** "InProgress" until the configuration has reached every edge ("Distribution", `Status`). */
export function statusOf({ clock }: Pick<CloudFrontContext, 'clock'>, distribution: DistributionState): 'Deployed' | 'InProgress' {
  return newestVersion(distribution).servedFrom.every((at) => at <= clock.now()) ? 'Deployed' : 'InProgress';
}

/** The configuration by which one of the edges answers now. */
export function servedConfig({ clock }: Pick<CloudFrontContext, 'clock'>, { versions }: DistributionState, edge: number): DistributionConfig {
  return (versions.findLast(({ servedFrom }) => (servedFrom[edge] ?? 0) <= clock.now()) ?? versions[0]!).config;
}

export function anyEdge({ clock }: Pick<CloudFrontContext, 'clock'>): number {
  return Math.floor(clock.random() * edges);
}

/** A configuration on its way to the edges; at once while the cloud is filled. */
export function newVersion({ clock, timing }: CloudFrontContext, config: DistributionConfig): DistributionVersion {
  const now = clock.now();
  const deployedAt = now + draw(clock, timing.distributionDeploying);
  const servedFrom = Array.from({ length: edges }, (_, edge) => (edge === 0 ? deployedAt : now + draw(clock, [0, deployedAt - now])));
  return { config, eTag: `E${randomText(clock, 13, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}`, modifiedAt: now, servedFrom };
}

export function findDistribution(state: CloudFrontState, id: string | undefined): DistributionState {
  const found = state.distributions.get(id ?? '');
  if (found === undefined) throw new ServiceFault('NoSuchDistribution', 'The specified distribution does not exist.', 404);
  return found;
}

export function findFunction(state: CloudFrontState, name: string | undefined, stage: string | undefined): FunctionState {
  const found = state.functions.get(name ?? '');
  if (found === undefined || (stage === 'LIVE' && !found.live)) throw new ServiceFault('NoSuchFunctionExists', 'The specified function does not exist.', 404);
  return found;
}
