import { createBackground } from './background.js';
import { withSpotInterruptions } from './behaviour-faults.js';
import { checkOptions } from './check-options.js';
import { describeCloud } from './cloud-description.js';
import type { CloudContext } from './context.js';
import { credentials } from './credentials.js';
import { createFaults } from './faults.js';
import type { Hosts } from './hosts/host.js';
import { createModelHosts, type ModelHosts } from './hosts/model-hosts.js';
import type { RealHosts } from './hosts/real-hosts.js';
import { type Authorizer, createAuthorizer } from './iam/authorizer.js';
import type { InspectedDatabase, SchemaViolation, Visit } from './inspection.js';
import type { Inspection, LocalCloud, LocalCloudOptions } from './local-cloud.js';
import { type CloudClocks, cloudClocks } from './local-cloud-clock.js';
import { demoTiming, instantTiming, realisticTiming } from './profiles.js';
import { recordingFetch } from './recording-fetch.js';
import { createRegionServices, type RegionServices } from './region-services.js';
import { seedBlueprint } from './seeding/seed-blueprint.js';
import { databaseContents } from './seeding/seed-database.js';
import { type CloudFront, createCloudFront } from './services/cloudfront/cloudfront.js';
import { createEdgeFetch } from './services/cloudfront/edge-fetch.js';
import { createRegistryDoor, type RegistryDoor } from './services/ecr/distribution/registry-door.js';
import { createRegistryFetch } from './services/ecr/distribution/registry-fetch.js';
import { throttled } from './services/ecs/throttling.js';
import { createFrontFetch } from './services/elbv2/front-fetch.js';
import type { Timing } from './timing.js';
import { createInProcessHandler } from './wire/in-process.js';
import { createRequestLog } from './wire/request-log.js';
import { loadRestService } from './wire/rest-models.js';
import { createWire, type Wire } from './wire/wire.js';

/** The account that every local cloud is. */
const accountId = '123456789012';

/** What `startLocalCloud` does, once it is loaded. */
export async function launchLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  checkOptions(options);
  const cloud = await createCloud(options);
  try {
    // now, and not while virtual time passes
    if (options.blueprint.buckets !== undefined) await loadRestService('s3');
    if (options.blueprint.cloudFront !== undefined) await loadRestService('cloudfront');
    for (const each of options.blueprint.cloudFront?.functions ?? []) cloud.cloudfront.addFunction(each);
    for (const each of options.blueprint.cloudFront?.distributions ?? []) cloud.cloudfront.addDistribution(each);
    await seedBlueprint(cloud.home, options.blueprint, options.images ?? [], cloud.clocks.foreground);
    if (cloud.defects.length > 0) throw new Error(`The local cloud did not come up: ${cloud.defects.join('; ')}`);
    cloud.setTiming(options.profile === 'realistic' ? realisticTiming : demoTiming);
    return await openDoors(cloud, options);
  } catch (error) {
    await cloud.stop();
    throw error;
  }
}

interface Cloud {
  readonly clocks: CloudClocks;
  readonly hosts: ModelHosts | RealHosts;
  /** The services of a region; every region but the blueprint's is an account with nothing in it. */
  readonly region: (region: string) => RegionServices;
  readonly home: RegionServices;
  readonly cloudfront: CloudFront;
  readonly faults: CloudContext['faults'];
  readonly authorizer: Authorizer;
  readonly violations: readonly SchemaViolation[];
  readonly defects: string[];
  timing(): Timing;
  setTiming(timing: Timing): void;
  stop(): Promise<void>;
}

async function createCloud(options: LocalCloudOptions): Promise<Cloud> {
  const clocks = cloudClocks(options);
  const background = createBackground();
  const violations: SchemaViolation[] = [];
  const hosts = await createHosts(options, clocks, violations);
  const faults = createFaults(() => clocks.background.random());
  let timing = instantTiming;

  const authorizer = createAuthorizer(accountId, options.iam?.policy, {
    taskRoles: (region, name) => regionOf(region).ecs.rolesOf(name),
    hasObject: (region, bucket, key) => regionOf(region).s3.hasObject(bucket, key),
    tagsOf: (region, arn) => regionOf(region).rds.tagsOf(arn),
  });
  const contents = databaseContents(options.blueprint.database);
  const regions = new Map<string, RegionServices>();
  const contextOf = (region: string) => ({ accountId, region, clock: clocks.background, faults, authorizer, hosts: hosts as Hosts, background: background.run, get timing() { return timing; } });
  const cloudfront = createCloudFront(contextOf('us-east-1'));
  const regionOf = (region: string): RegionServices => {
    const known = regions.get(region);
    if (known !== undefined) return known;
    const created = createRegionServices(contextOf(region), contents, cloudfront);
    regions.set(region, created);
    return created;
  };
  const home = regionOf(options.blueprint.region);
  return {
    clocks,
    hosts,
    region: regionOf,
    home,
    cloudfront,
    faults: withSpotInterruptions(faults, home.context, (service) => void home.ecs.interruptSpot(service)),
    authorizer,
    violations,
    defects: background.defects,
    timing: () => timing,
    setTiming: (wanted) => void (timing = wanted),
    async stop() {
      background.stop();
      await hosts.dispose();
    },
  };
}

async function createHosts({ hosts = 'model' }: LocalCloudOptions, clocks: CloudClocks, violations: SchemaViolation[]): Promise<ModelHosts | RealHosts> {
  if (hosts === 'model') return createModelHosts({ clock: clocks.background, onViolation: (violation) => violations.push(violation) });
  const { createRealHosts } = await import('./hosts/real-hosts.js');
  return createRealHosts({ clock: clocks.background });
}

/** Everything that callers see. */
async function openDoors(cloud: Cloud, options: LocalCloudOptions): Promise<LocalCloud> {
  const { clocks, home, faults } = cloud;
  const log = createRequestLog();
  const wire = createCloudWire(cloud, options, log);
  const door = createCloudRegistries(cloud, options, log);
  const visits: Visit[] = [];
  const inspect = inspection(cloud, options, visits);
  const shown = { inspect, clock: clocks.foreground, requests: log.requests };
  const http = (options.http ?? options.hosts === 'real') ? await (await import('./wire/http-listener.js')).listenOverHttp(wire, shown, door) : undefined;
  for (const fault of options.faults ?? []) faults.add(fault);

  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= Promise.all([cloud.stop(), http?.close()]).then(() => undefined));
  return {
    connection: {
      aws: http === undefined ? { requestHandler: createInProcessHandler(wire, clocks.foreground), credentials } : { endpoint: http.url, credentials },
      fetch: withRegistries(cloud, door, http?.url, recordingFetch(frontFetch(cloud), clocks.foreground, visits)),
      clock: clocks.foreground,
    },
    url: http?.url,
    pageUrl: http?.pageUrl,
    clock: clocks.foreground,
    requests: log.requests,
    faults,
    inspect,
    pushImage: (image) => home.ecr.pushImage(image),
    describe: () => describeCloud(http, home.elbv2, clocks.foreground, options),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createCloudWire({ clocks, region, faults, authorizer, defects, timing }: Cloud, { profile, onCrashCaller }: LocalCloudOptions, log: ReturnType<typeof createRequestLog>): Wire {
  const limited = new Map<RegionServices, RegionServices['operations']>();
  const operationsOf = (services: RegionServices) => {
    if (profile !== 'realistic') return services.operations;
    const known = limited.get(services) ?? { ...services.operations, ecs: throttled(services.operations.ecs, clocks.background) };
    limited.set(services, known);
    return known;
  };
  return createWire({
    region: (name) => operationsOf(region(name)),
    accountId,
    clock: clocks.background,
    faults,
    authorizer,
    log,
    onCrashCaller,
    onDefect: (operation, error) => defects.push(`${operation}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    staleness: timing().staleness[1] === 0 ? undefined : timing().staleness,
  });
}

function createCloudRegistries({ clocks, region, faults, authorizer }: Cloud, { blueprint, onCrashCaller }: LocalCloudOptions, log: ReturnType<typeof createRequestLog>): RegistryDoor {
  return createRegistryDoor({ ecr: (name) => region(name).ecr, region: blueprint.region, accountId, clock: clocks.background, faults, authorizer, log, onCrashCaller });
}

/** With real hosts registries are asked over a socket, as everything else is. Who pulls or pushes is no visitor. */
function withRegistries({ clocks, hosts }: Cloud, door: RegistryDoor, url: string | undefined, visitors: typeof fetch): typeof fetch {
  if (hosts.kind !== 'real' || url === undefined) return createRegistryFetch(door, clocks.foreground, visitors);
  const registries = hosts.createFetch(({ hostname }) => (door.serves(hostname) ? Number(new URL(url).port) : undefined));
  return (input, init) => (door.serves(new URL(input instanceof Request ? input.url : input.toString()).hostname) ? registries(input, init) : visitors(input, init));
}

function frontFetch({ clocks, hosts, home, cloudfront }: Cloud): typeof fetch {
  const balancer = hosts.kind === 'real' ? hosts.createFetch((url) => home.elbv2.listenerOf(url)?.localPort) : createFrontFetch(() => [home.elbv2], hosts.front, clocks.foreground);
  return createEdgeFetch(cloudfront.edges, clocks.foreground, balancer);
}

function inspection({ home, cloudfront, hosts, violations, defects }: Cloud, { blueprint }: LocalCloudOptions, visits: readonly Visit[]): Inspection {
  const withModel = (database: Omit<InspectedDatabase, 'model'>): InspectedDatabase => ({ ...database, model: hosts.kind === 'model' ? hosts.databases.inspect(database.resourceId) : undefined });
  return {
    services: () => home.ecs.inspectServices(),
    tasks: () => home.ecs.inspectTasks(),
    rules: () => home.elbv2.inspectRules(),
    database(identifier = blueprint.database.identifier) {
      const found = home.rds.inspect(identifier);
      return found && withModel(found);
    },
    databases: () => home.rds.inspectInstances().map(withModel),
    snapshots: () => home.rds.inspectSnapshots(),
    distributions: () => cloudfront.inspect(),
    violations,
    visits,
    defects,
  };
}
