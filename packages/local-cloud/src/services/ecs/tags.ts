import type { ListTagsForResourceRequest, ListTagsForResourceResponse, Tag, TagResourceRequest, UntagResourceRequest } from '@aws-sdk/client-ecs';
import { ServiceFault } from '../../context.js';
import type { Ecs } from './state.js';

export function tagOperations(ecs: Ecs) {
  return {
    TagResource(input: TagResourceRequest): object {
      const resourceArn = taggable(ecs, input.resourceArn);
      putTags(ecs, resourceArn, [...tagsOf(ecs, resourceArn).filter((tag) => !input.tags?.some((added) => added.key === tag.key)), ...(input.tags ?? [])]);
      return {};
    },
    UntagResource(input: UntagResourceRequest): object {
      const resourceArn = taggable(ecs, input.resourceArn);
      putTags(ecs, resourceArn, tagsOf(ecs, resourceArn).filter((tag) => !input.tagKeys?.includes(tag.key ?? '')));
      return {};
    },
    ListTagsForResource(input: ListTagsForResourceRequest): ListTagsForResourceResponse {
      return { tags: [...tagsOf(ecs, taggable(ecs, input.resourceArn))] };
    },
  };
}

export function putTags(ecs: Ecs, resourceArn: string, tags: readonly Tag[] | undefined): void {
  if (tags !== undefined && tags.length > 50) throw new ServiceFault('InvalidParameterException', 'Tags can not be more than 50.');
  if (tags === undefined || tags.length === 0) ecs.state.tags.delete(resourceArn);
  else ecs.state.tags.set(resourceArn, tags);
}

export function tagsOf(ecs: Ecs, resourceArn: string): readonly Tag[] {
  return ecs.state.tags.get(resourceArn) ?? [];
}

function taggable(ecs: Ecs, resourceArn: string | undefined): string {
  const { clusters, families, services, tasks } = ecs.state;
  const known =
    resourceArn !== undefined &&
    (services.has(resourceArn) ||
      tasks.has(resourceArn) ||
      [...clusters.values()].some((cluster) => cluster.arn === resourceArn) ||
      [...families.values()].some((revisions) => revisions.some((revision) => revision.arn === resourceArn)));
  if (!known) throw new ServiceFault('InvalidParameterException', 'The specified resource is not found. Specify a valid resource ARN and try again.');
  return resourceArn;
}
