import { ok, okAsync, type ResultAsync, safeTry } from 'neverthrow';
import { describeTaskDefinition, registerTaskDefinition, type RegisterTaskDefinitionCommandInput, type TaggedTaskDefinition } from '../aws/ecs.js';
import type { Environment } from '../environment/environment.js';
import type { AwsWriteError } from '../errors.js';
import { announce } from '../reports/announce.js';
import { versionTagKey } from './version-tag.js';

/** What AWS adds to a revision, and does not take back. */
const notRegistered = new Set(['taskDefinitionArn', 'revision', 'status', 'requiresAttributes', 'compatibilities', 'registeredAt', 'registeredBy', 'deregisteredAt', 'deleteRequestedAt', 'tags']);

export interface Revision {
  /** container -> image */
  readonly images: Readonly<Record<string, string>>;
  /** Marked on the revision, so that old code is told from new later. */
  readonly version: string;
}

/**
 * A revision that differs from `current` in the images of some containers and in its version tag alone: `current` itself when nothing
 * differs, the family's latest when that is it (an interrupted run has registered it), else a new one. In a plan the ARN that would be
 * registered ends in `:next`.
 */
export function reviseTaskDefinition(env: Environment, current: TaggedTaskDefinition, revision: Revision): ResultAsync<string, AwsWriteError> {
  const wanted = revised(current, revision);
  if (sameContent(registration(current), wanted)) return okAsync(current.taskDefinitionArn!);
  return safeTry<string, AwsWriteError>(async function* () {
    const latest = yield* describeTaskDefinition(env, current.family!);
    if (sameContent(registration(latest), wanted)) return ok(latest.taskDefinitionArn!);
    announceRevision(env, current, revision);
    const registered = yield* registerTaskDefinition(env, wanted);
    return ok(registered.taskDefinitionArn!);
  });
}

function announceRevision(env: Environment, current: TaggedTaskDefinition, { images }: Revision): void {
  const now = (current.containerDefinitions ?? []).filter(({ name }) => name! in images).map(({ image }) => image);
  announce(env, {
    resource: `task definition ${current.family}`,
    from: `revision ${current.revision} (${now.join(', ')})`,
    to: `a revision with ${Object.values(images).join(', ')}`,
    operation: 'ecs:RegisterTaskDefinition',
    why: 'the image of the release, everything else as it is',
  });
}

function revised(current: TaggedTaskDefinition, { images, version }: Revision): RegisterTaskDefinitionCommandInput {
  const now = registration(current);
  const containerDefinitions = (current.containerDefinitions ?? []).map((container) => ({ ...container, image: images[container.name!] ?? container.image }));
  const tags = [...(now.tags ?? []).filter(({ key }) => key !== versionTagKey), { key: versionTagKey, value: version }];
  return { ...now, containerDefinitions, tags };
}

function registration(definition: TaggedTaskDefinition): RegisterTaskDefinitionCommandInput {
  const content = Object.fromEntries(Object.entries(definition).filter(([key, value]) => value !== undefined && !notRegistered.has(key)));
  const tags = (definition.tags ?? []).filter(({ key }) => !key!.startsWith('aws:')).map(({ key, value }) => ({ key, value }));
  return { ...(content as unknown as RegisterTaskDefinitionCommandInput), ...(tags.length === 0 ? {} : { tags }) };
}

function sameContent(one: unknown, other: unknown): boolean {
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, inner]) => [key, ordered(inner)]));
}
