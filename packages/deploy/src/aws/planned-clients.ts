import type { DescribeScalableTargetsCommandInput, DescribeScalableTargetsCommandOutput, RegisterScalableTargetCommandInput, RegisterScalableTargetCommandOutput } from '@aws-sdk/client-application-auto-scaling';
import type { GetDistributionCommandInput, GetDistributionCommandOutput, UpdateDistributionCommandInput, UpdateDistributionCommandOutput } from '@aws-sdk/client-cloudfront';
import type { BatchGetImageCommandInput, BatchGetImageCommandOutput, DescribeImagesCommandInput, DescribeImagesCommandOutput, Image, ImageIdentifier, PutImageCommandInput, PutImageCommandOutput } from '@aws-sdk/client-ecr';
import type {
  DescribeServicesCommandInput,
  DescribeServicesCommandOutput,
  DescribeTaskDefinitionCommandInput,
  DescribeTaskDefinitionCommandOutput,
  RegisterTaskDefinitionCommandInput,
  RegisterTaskDefinitionCommandOutput,
  Service,
  UpdateServiceCommandInput,
  UpdateServiceCommandOutput,
} from '@aws-sdk/client-ecs';
import type {
  DescribeRulesCommandInput,
  DescribeRulesCommandOutput,
  DescribeTargetGroupAttributesCommandInput,
  DescribeTargetGroupAttributesCommandOutput,
  DescribeTargetGroupsCommandInput,
  DescribeTargetGroupsCommandOutput,
  ModifyRuleCommandInput,
  ModifyRuleCommandOutput,
  ModifyTargetGroupAttributesCommandInput,
  ModifyTargetGroupAttributesCommandOutput,
  ModifyTargetGroupCommandInput,
  ModifyTargetGroupCommandOutput,
  TargetGroupAttribute,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type {
  DescribeDBInstancesCommandInput,
  DescribeDBInstancesCommandOutput,
  StartDBInstanceCommandInput,
  StartDBInstanceCommandOutput,
  StopDBInstanceCommandInput,
  StopDBInstanceCommandOutput,
} from '@aws-sdk/client-rds';
import type { AwsClients } from './clients.js';

/** No other change gets as far as the clients of a plan. */
const answered: ReadonlySet<string> = new Set([
  'application-autoscaling:RegisterScalableTarget',
  'cloudfront:UpdateDistribution',
  'ecr:PutImage',
  'ecs:RegisterTaskDefinition',
  'ecs:UpdateService',
  'elasticloadbalancing:ModifyRule',
  'elasticloadbalancing:ModifyTargetGroup',
  'elasticloadbalancing:ModifyTargetGroupAttributes',
  'rds:StartDBInstance',
  'rds:StopDBInstance',
]);

/**
 * Clients for a plan: what would change something is not sent but kept, and laid over what is read afterwards. So a later step meets the
 * environment that the earlier ones would have left it, and goes the way that it would go.
 */
export function plannedClients(clients: AwsClients): AwsClients {
  const changes: Changes = new Map();
  return {
    region: clients.region,
    answered,
    forget: () => clients.forget(),
    ecs: async () => withReplies(await clients.ecs(), (sdk, client) => ecsReplies(sdk, client, changes)),
    elbv2: async () => withReplies(await clients.elbv2(), (sdk) => [...ruleReplies(sdk, changes), ...targetGroupReplies(sdk, changes)]),
    autoscaling: async () => withReplies(await clients.autoscaling(), (sdk) => scalingReplies(sdk, changes)),
    ecr: async () => withReplies(await clients.ecr(), (sdk) => imageReplies(sdk, changes)),
    rds: async () => withReplies(await clients.rds(), (sdk) => instanceReplies(sdk, changes)),
    cloudfront: async () => withReplies(await clients.cloudfront(), (sdk) => distributionReplies(sdk, changes)),
    cloudwatch: () => clients.cloudwatch(),
    logs: () => clients.logs(),
    s3: (region) => clients.s3(region),
    iam: () => clients.iam(),
    sts: () => clients.sts(),
  };
}

/** A thing's ARN or name -> what the plan has made of it, to be laid over what is read. */
type Changes = Map<string, object>;

function change(changes: Changes, key: string, to: object): void {
  const given = Object.fromEntries(Object.entries(to).filter(([, value]) => value !== undefined));
  changes.set(key, { ...changes.get(key), ...given });
}

function changed<T extends object>(changes: Changes, key: string | undefined, found: T): T {
  return { ...found, ...changes.get(key ?? '') };
}

/** How one kind of command is answered; `ask` sends one of its kind. */
interface Reply {
  readonly to: new (input: never) => { readonly input: unknown };
  readonly answer: (input: never, ask: (input: unknown) => Promise<never>) => unknown;
}

function reply<I, O>(to: new (input: I) => { readonly input: I }, answer: (input: I, ask: (input: I) => Promise<O>) => O | Promise<O>): Reply {
  return { to, answer };
}

interface Sender {
  send(command: never): Promise<unknown>;
}

function withReplies<S, C extends Sender>({ sdk, client }: { readonly sdk: S; readonly client: C }, repliesOf: (sdk: S, client: C) => readonly Reply[]): { readonly sdk: S; readonly client: C } {
  const replies = repliesOf(sdk, client);
  const send = async (command: { readonly input: never }): Promise<unknown> => {
    const found = replies.find(({ to }) => command instanceof to);
    return found === undefined ? client.send(command as never) : found.answer(command.input, (input) => client.send(new found.to(input as never) as never) as Promise<never>);
  };
  return { sdk, client: { send } as unknown as C };
}

type Ecs = Awaited<ReturnType<AwsClients['ecs']>>;

function ecsReplies(sdk: Ecs['sdk'], client: Ecs['client'], changes: Changes): readonly Reply[] {
  const registeredAs = (name = '') => changes.get(`task definition ${name}`) as DescribeTaskDefinitionCommandOutput | undefined;
  return [
    reply<UpdateServiceCommandInput, UpdateServiceCommandOutput>(sdk.UpdateServiceCommand, ({ service = '', desiredCount, taskDefinition, deploymentConfiguration }) => {
      change(changes, `service ${service}`, { desiredCount, taskDefinition, deploymentConfiguration });
      return { service: deployed({ serviceName: service, desiredCount, taskDefinition }), $metadata: {} };
    }),
    reply<DescribeServicesCommandInput, DescribeServicesCommandOutput>(sdk.DescribeServicesCommand, async (input, ask) => {
      const answer = await ask(input);
      return { ...answer, services: answer.services?.map((service) => (changes.has(`service ${service.serviceName}`) ? deployed(changed(changes, `service ${service.serviceName}`, service)) : service)) };
    }),
    reply<RegisterTaskDefinitionCommandInput, RegisterTaskDefinitionCommandOutput>(sdk.RegisterTaskDefinitionCommand, async ({ tags, ...input }) => {
      const latest = registeredAs(input.family) ?? (await client.send(new sdk.DescribeTaskDefinitionCommand({ taskDefinition: input.family })));
      const taskDefinitionArn = latest.taskDefinition?.taskDefinitionArn?.replace(/:[^:]+$/, ':next') ?? `${input.family}:next`;
      const registered = { taskDefinition: { ...input, taskDefinitionArn }, tags, $metadata: {} };
      for (const name of [input.family!, taskDefinitionArn]) changes.set(`task definition ${name}`, registered);
      return registered;
    }),
    reply<DescribeTaskDefinitionCommandInput, DescribeTaskDefinitionCommandOutput>(sdk.DescribeTaskDefinitionCommand, (input, ask) => registeredAs(input.taskDefinition) ?? ask(input)),
  ];
}

/** A service whose change has come to its end: it runs what it is to run. */
function deployed(service: Service): Service {
  const { desiredCount, taskDefinition } = service;
  const deployment = { id: `planned ${taskDefinition}`, status: 'PRIMARY', rolloutState: 'COMPLETED' as const, desiredCount, runningCount: desiredCount, taskDefinition };
  return { ...service, runningCount: desiredCount, pendingCount: 0, deployments: [deployment] };
}

type Elbv2 = Awaited<ReturnType<AwsClients['elbv2']>>['sdk'];

function ruleReplies(sdk: Elbv2, changes: Changes): readonly Reply[] {
  return [
    reply<ModifyRuleCommandInput, ModifyRuleCommandOutput>(sdk.ModifyRuleCommand, ({ RuleArn = '', Conditions }) => {
      change(changes, RuleArn, { Conditions });
      return { $metadata: {} };
    }),
    reply<DescribeRulesCommandInput, DescribeRulesCommandOutput>(sdk.DescribeRulesCommand, async (input, ask) => {
      const answer = await ask(input);
      return { ...answer, Rules: answer.Rules?.map((rule) => changed(changes, rule.RuleArn, rule)) };
    }),
  ];
}

function targetGroupReplies(sdk: Elbv2, changes: Changes): readonly Reply[] {
  const attributesOf = (arn: string | undefined) => `attributes of ${arn}`;
  return [
    reply<ModifyTargetGroupCommandInput, ModifyTargetGroupCommandOutput>(sdk.ModifyTargetGroupCommand, ({ TargetGroupArn = '', ...settings }) => {
      change(changes, TargetGroupArn, settings);
      return { $metadata: {} };
    }),
    reply<DescribeTargetGroupsCommandInput, DescribeTargetGroupsCommandOutput>(sdk.DescribeTargetGroupsCommand, async (input, ask) => {
      const answer = await ask(input);
      return { ...answer, TargetGroups: answer.TargetGroups?.map((group) => changed(changes, group.TargetGroupArn, group)) };
    }),
    reply<ModifyTargetGroupAttributesCommandInput, ModifyTargetGroupAttributesCommandOutput>(sdk.ModifyTargetGroupAttributesCommand, ({ TargetGroupArn, Attributes = [] }) => {
      change(changes, attributesOf(TargetGroupArn), byKey(Attributes));
      return { $metadata: {} };
    }),
    reply<DescribeTargetGroupAttributesCommandInput, DescribeTargetGroupAttributesCommandOutput>(sdk.DescribeTargetGroupAttributesCommand, async (input, ask) => {
      const answer = await ask(input);
      const attributes = changed(changes, attributesOf(input.TargetGroupArn), byKey(answer.Attributes ?? []));
      return { ...answer, Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })) };
    }),
  ];
}

function byKey(attributes: readonly TargetGroupAttribute[]): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(attributes.map(({ Key = '', Value }) => [Key, Value]));
}

function scalingReplies(sdk: Awaited<ReturnType<AwsClients['autoscaling']>>['sdk'], changes: Changes): readonly Reply[] {
  return [
    reply<RegisterScalableTargetCommandInput, RegisterScalableTargetCommandOutput>(sdk.RegisterScalableTargetCommand, ({ ResourceId = '', MinCapacity, MaxCapacity, SuspendedState }) => {
      change(changes, ResourceId, { MinCapacity, MaxCapacity, SuspendedState });
      return { $metadata: {} };
    }),
    reply<DescribeScalableTargetsCommandInput, DescribeScalableTargetsCommandOutput>(sdk.DescribeScalableTargetsCommand, async (input, ask) => {
      const answer = await ask(input);
      return { ...answer, ScalableTargets: answer.ScalableTargets?.map((target) => changed(changes, target.ResourceId, target)) };
    }),
  ];
}

function distributionReplies(sdk: Awaited<ReturnType<AwsClients['cloudfront']>>['sdk'], changes: Changes): readonly Reply[] {
  const distribution = (id: string | undefined) => `distribution ${id}`;
  return [
    reply<UpdateDistributionCommandInput, UpdateDistributionCommandOutput>(sdk.UpdateDistributionCommand, ({ Id, IfMatch, DistributionConfig }) => {
      change(changes, distribution(Id), { DistributionConfig });
      return { ETag: IfMatch, $metadata: {} };
    }),
    reply<GetDistributionCommandInput, GetDistributionCommandOutput>(sdk.GetDistributionCommand, async (input, ask) => {
      const answer = await ask(input);
      return { ...answer, Distribution: answer.Distribution && changed(changes, distribution(input.Id), answer.Distribution) };
    }),
  ];
}

/** An instance is started or stopped at once: a plan waits for nothing. */
function instanceReplies(sdk: Awaited<ReturnType<AwsClients['rds']>>['sdk'], changes: Changes): readonly Reply[] {
  const instance = (id: string | undefined) => `instance ${id}`;
  const become = (id: string | undefined, DBInstanceStatus: string) => {
    change(changes, instance(id), { DBInstanceStatus });
    return { $metadata: {} };
  };
  return [
    reply<StartDBInstanceCommandInput, StartDBInstanceCommandOutput>(sdk.StartDBInstanceCommand, ({ DBInstanceIdentifier }) => become(DBInstanceIdentifier, 'available')),
    reply<StopDBInstanceCommandInput, StopDBInstanceCommandOutput>(sdk.StopDBInstanceCommand, ({ DBInstanceIdentifier }) => become(DBInstanceIdentifier, 'stopped')),
    reply<DescribeDBInstancesCommandInput, DescribeDBInstancesCommandOutput>(sdk.DescribeDBInstancesCommand, async (input, ask) => {
      const answer = await ask(input);
      return { ...answer, DBInstances: answer.DBInstances?.map((found) => changed(changes, instance(found.DBInstanceIdentifier), found)) };
    }),
  ];
}

/** A tag that was moved is asked for by the digest that it would be on; an image that would be there by then is answered for. */
function imageReplies(sdk: Awaited<ReturnType<AwsClients['ecr']>>['sdk'], changes: Changes): readonly Reply[] {
  const tagged = (repository: string | undefined, tag: string | undefined) => `image ${repository}:${tag}`;
  const moved = <I extends ImagesAsked>(input: I): I => ({
    ...input,
    ...(input.imageIds === undefined ? {} : { imageIds: input.imageIds.map((image) => (changes.get(tagged(input.repositoryName, image.imageTag)) as ImageIdentifier | undefined) ?? image) }),
  });
  const pushed = ({ repositoryName, imageIds = [] }: ImagesAsked) => imageIds.flatMap(({ imageDigest }) => (changes.get(`image ${repositoryName}@${imageDigest}`) as Image | undefined) ?? []);
  return [
    reply<PutImageCommandInput, PutImageCommandOutput>(sdk.PutImageCommand, ({ repositoryName, imageTag, imageDigest, imageManifest, imageManifestMediaType }) => {
      change(changes, tagged(repositoryName, imageTag), { imageDigest });
      change(changes, `image ${repositoryName}@${imageDigest}`, { imageId: { imageDigest }, imageManifest, imageManifestMediaType });
      return { $metadata: {} };
    }),
    reply<DescribeImagesCommandInput, DescribeImagesCommandOutput>(sdk.DescribeImagesCommand, async (input, ask) => {
      try {
        return await ask(moved(input));
      } catch (thrown) {
        const images = pushed(moved(input));
        if (images.length === 0 || !(thrown instanceof sdk.ImageNotFoundException)) throw thrown;
        return { imageDetails: images.map(({ imageId }) => ({ imageDigest: imageId?.imageDigest })), $metadata: {} };
      }
    }),
    reply<BatchGetImageCommandInput, BatchGetImageCommandOutput>(sdk.BatchGetImageCommand, async (input, ask) => {
      const answer = await ask(moved(input));
      return answer.images === undefined || answer.images.length === 0 ? { ...answer, images: pushed(moved(input)) } : answer;
    }),
  ];
}

interface ImagesAsked {
  readonly repositoryName: string | undefined;
  readonly imageIds?: ImageIdentifier[] | undefined;
}
