import { err, ok, type Result, type ResultAsync } from 'neverthrow';
import { describeServices, type NetworkConfiguration, type TaggedTaskDefinition } from '../../aws/ecs.js';
import type { Environment } from '../../environment/environment.js';
import type { AwsWriteError, InvalidInput } from '../../errors.js';
import { invalidInput } from '../../runs/as-run.js';

/** What a definition says of a one-off task, and who asks for it. */
export interface OneOffDefinition {
  readonly taskDefinitionFamily: string;
  readonly container?: string | undefined;
  readonly networkOf: string;
}

export interface OneOffPlace {
  /** The step, and the part of the definition: `runMigration`, `migration`. */
  readonly step: string;
  readonly part: string;
  readonly task: OneOffDefinition;
}

/** The container that counts: the declared one, else the only one. */
export function containerOf(definition: TaggedTaskDefinition, { step, part, task }: OneOffPlace): Result<string, InvalidInput> {
  const { container, taskDefinitionFamily } = task;
  const names = (definition.containerDefinitions ?? []).map(({ name }) => name!);
  const chosen = container ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined && names.includes(chosen)) return ok(chosen);
  const got = container === undefined ? `${names.length} containers to choose from` : `'${container}'`;
  return err(invalidInput(step, [`${part}.container: expected a container of ${taskDefinitionFamily} (${names.join(', ')}), got ${got}`]));
}

/** The subnets and security groups of the declared service. */
export function networkOf(env: Environment, { step, part, task }: OneOffPlace): ResultAsync<NetworkConfiguration, AwsWriteError | InvalidInput> {
  return describeServices(env, [task.networkOf]).andThen(([service]) => {
    const network = service?.networkConfiguration;
    if (network?.awsvpcConfiguration !== undefined) return ok(network);
    return err(invalidInput(step, [`${part}.networkOf: expected a service with subnets and security groups, got '${task.networkOf}'`]));
  });
}
