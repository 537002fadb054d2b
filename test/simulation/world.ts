import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, ECSClient, RunTaskCommand, StopTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { DescribeTargetGroupAttributesCommand, DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client, ModifyRuleCommand, type RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { type Clock, connect, type ConnectError, type DeployEvent, type Environment, type EnvironmentDefinition, type EnvironmentState, memoryRunStore, readState, type Result, type RunStore } from '@graasp/deploy';
import { type Blueprint, type ImageDeclaration, type InspectedSnapshot, type LocalCloud, type ServiceBlueprint, startLocalCloud } from '@graasp/local-cloud';
import { type Death, mortal } from '../mortal.js';
import { shop, shopBlueprint, shopImages } from '../shop.js';
import { type Choices, type ClosedLid, earlierVersion, fittingVersion, type ForeignChange, type Trouble } from './choose.js';
import { callOf } from './call-of.js';
import { guardedStore } from './guarded-store.js';
import type { Handler, PlantedBug } from './planted-bugs.js';
import { type Connected, sleeper } from './sleeper.js';

/** What no event, error, report or document of the run store may hold. */
export const secrets = ['open-sesame-0123456789', 'keeper-of-the-shop-987'] as const;

/** Rows of the database before anybody has written. */
export const rowsAtFirst = 100;

/** Seconds; "Task definition parameters": the most that Fargate takes. */
const longestStopTimeout = 120;

/** How each next action of an error is spelled: its name, and what it is called with. */
const commands = { resume: 'resume {run}', retryMigration: 'retryMigration {run}', reopen: 'reopen {run}', restoreDb: 'restoreDb {snapshot}', rollBack: 'rollBack {version}', deploy: 'deployWithMigration {version}', releaseHold: 'releaseHold {run}' } as const;

/** A shop in virtual time, with visitors, and with what a seed has chosen going wrong in it. */
export interface World {
  readonly choices: Choices;
  readonly cloud: LocalCloud;
  readonly store: RunStore;
  /** Of every process, as they came. */
  readonly events: DeployEvent[];
  /** The snapshots that there were each time a migration was asked for. */
  readonly snapshotsAtMigration: (readonly InspectedSnapshot[])[];
  /** Each change of AWS that a process sent which did not have the lock, and each lock that went from one run to another. */
  readonly trespasses: readonly string[];
  /** What somebody else has done. */
  readonly foreignChanges: ForeignChange['what'][];
  /** Everything that a release puts aside and must give back exactly, before anything happened. */
  readonly found: Readonly<Record<string, unknown>>;
  /** The same now. */
  readFound(): Promise<Readonly<Record<string, unknown>>>;
  /** A document of the run store. */
  document(key: string): Promise<unknown>;
  /** A new process on the same shop. It may die, and then nothing of it ever answers; or sleep for a while. */
  startProcess(death: Death | undefined, lid?: ClosedLid | null): WorldProcess;
  /** The state that somebody reads with a library that nothing is planted in. */
  readState(): Promise<EnvironmentState | null>;
  /** As a person does. */
  stopTask(task: string): Promise<void>;
  /** Calls once the release has first begun a step. */
  whenStepBegins(step: string, act: () => void): void;
  /** Ends what goes wrong. */
  calm(): void;
  end(): Promise<void>;
}

export interface WorldProcess {
  readonly connected: Promise<Result<Environment, ConnectError>>;
  readonly died: Promise<string>;
}

export async function startWorld(choices: Choices, planted: PlantedBug | null = null): Promise<World> {
  const { seed, cloud: chosen } = choices;
  const cloud = await startLocalCloud({ blueprint: blueprintOf(choices), images: imagesOf(choices), hosts: 'model', clock: 'virtual', seed, profile: chosen.profile });
  const guarded = guardedStore(memoryRunStore({ self: { actor: 'anna@laptop' } }), cloud.clock);
  const store = planted?.store?.(guarded.store, cloud.clock) ?? guarded.store;
  const events: DeployEvent[] = [];
  const waiting: { readonly step: string; readonly act: () => void }[] = [];
  const over = new AbortController();
  const disturbed = new AbortController();
  const snapshotsAtMigration: (readonly InspectedSnapshot[])[] = [];
  const foreignChanges: ForeignChange['what'][] = [];

  const report = (event: DeployEvent): void => {
    events.push(planted?.event?.(event) ?? event);
    if (event.type !== 'step-started') return;
    for (const entry of waiting.filter(({ step }) => step === event.step)) {
      waiting.splice(waiting.indexOf(entry), 1);
      entry.act();
    }
  };
  const watched = watching(cloud, chosen.latencyMs, {
    RunTask: (body) => body.includes('"startedBy":"migration/') && snapshotsAtMigration.push(cloud.inspect.snapshots()),
    ModifyRule: () => crowd(cloud, over.signal),
  });
  const handler = planted?.handler?.(watched, cloud) ?? watched;
  const whenStepBegins: World['whenStepBegins'] = (step, act) => void waiting.push({ step, act });
  const disturb = async ({ afterMs, what }: Trouble): Promise<void> => {
    await backgroundOf(cloud).sleep(afterMs, disturbed.signal);
    if (what.kind !== 'foreign-change') return cloud.faults.add(what);
    await interfere(cloud, what.what);
    foreignChanges.push(what.what);
  };
  const closing = (process: Connected, { atStep, afterMs, forMs }: ClosedLid): Connected => {
    const { fallAsleep, ...laptop } = sleeper(process);
    whenStepBegins(atStep, () => void backgroundOf(cloud).sleep(afterMs, disturbed.signal).then(() => fallAsleep(forMs), () => undefined));
    return laptop;
  };
  for (const trouble of choices.troubles) whenStepBegins(trouble.atStep, () => void disturb(trouble).catch(() => undefined));
  for (const site of ['https://shop.test/', 'https://shop.test/api/items', 'https://office.shop.test/']) visit(cloud, site, choices.visitorPauseMs, over.signal);

  return {
    choices,
    cloud,
    store,
    events,
    snapshotsAtMigration,
    trespasses: guarded.trespasses,
    foreignChanges,
    found: await readFound(cloud),
    readFound: () => readFound(cloud),
    document: async (key) => (await store.read(`shop/${key}`)).match((stored) => (stored === null ? null : (JSON.parse(stored.body) as unknown)), () => null),
    readState: async () => {
      const env = await connect(definitionOf(choices), { ...cloud.connection, runStore: memoryRunStore({ self: { actor: 'anna@laptop' } }) });
      return env.isErr() ? null : readState(env.value).unwrapOr(null);
    },
    stopTask: async (task) => void (await new ECSClient(settingsOf(cloud)).send(new StopTaskCommand({ cluster: 'shop', task }))),
    startProcess(death, lid = null) {
      const guard = guarded.process(handler, store);
      const doomed = mortal({ ...cloud.connection, aws: { ...cloud.connection.aws, requestHandler: guard.handler } }, guard.store, death ?? { atCall: Number.POSITIVE_INFINITY, when: 'before' });
      const process = { connection: { ...doomed.connection, clock: withBackground(doomed.connection.clock!, cloud, doomed.died) }, store: doomed.store };
      const { connection, store: runStore } = lid === null ? process : closing(process, lid);
      const connected = connect(definitionOf(choices), { ...connection, runStore, reporters: [{ report }], commands });
      return { connected: Promise.resolve(connected), died: doomed.died };
    },
    whenStepBegins,
    calm() {
      disturbed.abort(new Error('The faults are over.'));
      waiting.splice(0);
      cloud.faults.clear();
    },
    async end() {
      over.abort(new Error('The simulation is over.'));
      disturbed.abort(new Error('The simulation is over.'));
      await cloud.stop();
    },
  };
}

function definitionOf({ shop: chosen }: Choices): EnvironmentDefinition {
  const { web, jobs, office } = shop.services;
  return { ...shop, services: { web: { ...web, desiredCount: chosen.webTasks }, jobs: { ...jobs, desiredCount: chosen.jobsTasks }, office: office } };
}

/** Pages for everybody at a machine outside ECS, behind the more specific rule of the API; more or fewer tasks, as chosen. */
function blueprintOf({ shop: chosen }: Choices): Blueprint {
  const { loadBalancer, targetGroups, services, database } = shopBlueprint;
  const [listener] = loadBalancer.listeners;
  const rules = [
    { priority: 1, name: 'api', conditions: [{ hostHeader: ['shop.test'] }, { pathPattern: ['/api/*'] }], action: { forward: 'web' } },
    { priority: 2, name: 'pages', conditions: [{ hostHeader: ['shop.test'] }], action: { forward: 'pages' } },
    { priority: 3, name: 'office', conditions: [{ hostHeader: ['office.shop.test'] }], action: { forward: 'office' } },
  ];
  const [web, jobs, office] = ['web', 'jobs', 'office'].map((wanted) => services.find(({ name }) => name === wanted)!) as [ServiceBlueprint, ServiceBlueprint, ServiceBlueprint];
  return {
    ...shopBlueprint,
    loadBalancer: { ...loadBalancer, listeners: [{ ...listener!, rules }] },
    targetGroups: [...targetGroups, { ...targetGroups[0]!, name: 'pages', instanceImage: 'pages:1' }],
    services: [
      { ...web, desiredCount: chosen.webTasks, circuitBreaker: chosen.rollback, spot: chosen.spot ? 'OnlySpot' : undefined, autoScaling: chosen.scaling ? { ...web.autoScaling!, min: chosen.webTasks } : undefined },
      { ...jobs, desiredCount: chosen.jobsTasks, circuitBreaker: chosen.rollback, taskDefinition: { ...jobs.taskDefinition, containers: jobs.taskDefinition.containers.map((container) => ({ ...container, stopTimeoutSeconds: longestStopTimeout })) } },
      office,
    ],
    database: { ...database, masterPassword: secrets[1], model: { schema: 'one', rows: rowsAtFirst } },
  };
}

function imagesOf({ shop: chosen, migration }: Choices): readonly ImageDeclaration[] {
  const changed = shopImages.map((image): ImageDeclaration => {
    const { model } = image;
    if (model?.kind === 'migration') return { ...image, model: { ...model, ...migration } };
    if (model?.kind !== 'server') return image;
    return image.reference.includes(':jobs-') ? { ...image, model: { ...model, endsAfterSeconds: chosen.endsAfterSeconds } } : image;
  });
  return [...changed, ...[fittingVersion, earlierVersion].flatMap(fitting), { reference: 'pages:1', model: { kind: 'server', version: 'pages' } }];
}

/** Another version on the schema that is there at first. */
function fitting(version: string): readonly ImageDeclaration[] {
  const server = { kind: 'server', version, fitsSchemas: ['one'] } as const;
  return [{ reference: `shop:web-${version}`, model: { ...server, writesPerRequest: 1 } }, { reference: `shop:jobs-${version}`, model: { ...server, writesPerMinute: 2 } }];
}

/** Calls take their time, and some are listened to. */
function watching({ connection, clock }: LocalCloud, latencyMs: number, listeners: Readonly<Record<string, (body: string) => unknown>>): Handler {
  const inner = connection.aws.requestHandler as Handler;
  return {
    ...inner,
    async handle(request, options) {
      if (latencyMs > 0) await clock.sleep(latencyMs);
      const { operation, body } = callOf(request);
      listeners[operation]?.(body);
      return inner.handle(request, options);
    },
  };
}

/** The cloud's clock for work that goes on by itself: it makes no time pass. */
function backgroundOf({ clock }: LocalCloud): Clock {
  return (clock as Clock).background ?? clock;
}

/** Of a process that died also that is over which goes on by itself. */
function withBackground(clock: Clock, cloud: LocalCloud, died: Promise<unknown>): Clock {
  const background = backgroundOf(cloud);
  let dead = false;
  void died.then(() => (dead = true));
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    await background.sleep(ms, signal);
    if (dead) await new Promise(() => undefined);
  };
  return { ...clock, background: { now: () => background.now(), random: () => background.random(), sleep } };
}

/** Somebody who keeps asking, without making time pass. */
function visit(cloud: LocalCloud, url: string, pauseMs: number, over: AbortSignal): void {
  const keepVisiting = async (): Promise<void> => {
    for (;;) {
      await cloud.connection.fetch(url, { redirect: 'manual', headers: { 'user-agent': 'visitor' } });
      await backgroundOf(cloud).sleep(pauseMs, over);
    }
  };
  keepVisiting().catch(() => undefined);
}

/** As many as there are in seconds of a larger site: while rules change, each moment is somebody's. */
function crowd(cloud: LocalCloud, over: AbortSignal): void {
  const come = async (): Promise<void> => {
    for (let visitor = 0; visitor < 40; visitor += 1) {
      await backgroundOf(cloud).sleep(100, over);
      await cloud.connection.fetch('https://shop.test/api/items', { redirect: 'manual', headers: { 'user-agent': 'visitor' } });
    }
  };
  come().catch(() => undefined);
}

const settingsOf = ({ connection }: LocalCloud) => ({ region: shop.region, ...connection.aws }) as object;

async function interfere(cloud: LocalCloud, what: ForeignChange['what']): Promise<void> {
  const ecs = new ECSClient(settingsOf(cloud));
  if (what === 'scales-web') await ecs.send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 2 }));
  if (what === 'deploys-jobs') await ecs.send(new UpdateServiceCommand({ cluster: 'shop', service: 'jobs', forceNewDeployment: true }));
  if (what === 'starts-a-task') await ecs.send(new RunTaskCommand({ cluster: 'shop', clientToken: `by-hand-${cloud.clock.now()}`, taskDefinition: 'jobs', launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-shop'] } } }));
  if (what !== 'opens-a-rule') return;
  const rule = cloud.inspect.rules().find(({ priority }) => priority === '1')!;
  const Conditions = (rule.conditions as readonly RuleCondition[]).filter(({ Field }) => Field !== 'http-header').map(({ Values: _, ...condition }) => condition);
  await new ElasticLoadBalancingV2Client(settingsOf(cloud)).send(new ModifyRuleCommand({ RuleArn: rule.ruleArn, Conditions }));
}

async function readFound(cloud: LocalCloud): Promise<Readonly<Record<string, unknown>>> {
  const settings = settingsOf(cloud);
  const balancer = new ElasticLoadBalancingV2Client(settings);
  const { TargetGroups = [] } = await balancer.send(new DescribeTargetGroupsCommand({}));
  const attributes = await Promise.all(TargetGroups.map(({ TargetGroupArn }) => balancer.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn }))));
  const { ScalableTargets = [] } = await new ApplicationAutoScalingClient(settings).send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' }));
  const { services = [] } = await new ECSClient(settings).send(new DescribeServicesCommand({ cluster: 'shop', services: ['web', 'jobs', 'office'] }));
  return plain({
    ...Object.fromEntries(cloud.inspect.rules().map(({ priority, conditions, actions }) => [`rule ${priority}`, { conditions: (conditions as readonly object[]).map((condition) => JSON.stringify(condition)).sort(), actions }])),
    ...Object.fromEntries(TargetGroups.map((group, index) => [`target group ${group.TargetGroupName}`, { group, attributes: attributes[index]?.Attributes }])),
    ...Object.fromEntries(ScalableTargets.map(({ ResourceId, MinCapacity, MaxCapacity, SuspendedState }) => [`scaling of ${ResourceId}`, { MinCapacity, MaxCapacity, SuspendedState }])),
    ...Object.fromEntries(services.map(({ serviceName, deploymentConfiguration }) => [`what ECS may do with ${serviceName}`, deploymentConfiguration])),
    ...Object.fromEntries(services.map(({ serviceName, desiredCount }) => [`tasks of ${serviceName}`, desiredCount])),
  });
}

function plain(value: object): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}
