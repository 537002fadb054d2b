import type {
  AccountAttributesMessage,
  AddTagsToResourceMessage,
  DescribeEventsMessage,
  DescribePendingMaintenanceActionsMessage,
  EventsMessage,
  ListTagsForResourceMessage,
  PendingMaintenanceActionsMessage,
  RemoveTagsFromResourceMessage,
  ResourcePendingMaintenanceActions,
  TagListMessage,
} from '@aws-sdk/client-rds';
import { page } from '../paging.js';
import { invalidMarker } from './describe-instances.js';
import { instanceArn, instanceOf, instanceQuota, snapshotOf } from './lookup.js';
import { snapshotQuota } from './snapshots.js';
import type { InstanceState, Rds, SnapshotState } from './state.js';

/** Tags, quotas, events and maintenance: what an account tells about its databases. */
export function accountOperations(rds: Rds) {
  return {
    AddTagsToResource(input: AddTagsToResourceMessage): object {
      const resource = taggable(rds, input.ResourceName);
      resource.tags = [...resource.tags.filter((tag) => !input.Tags?.some((added) => added.Key === tag.Key)), ...(input.Tags ?? [])];
      return {};
    },
    RemoveTagsFromResource(input: RemoveTagsFromResourceMessage): object {
      const resource = taggable(rds, input.ResourceName);
      resource.tags = resource.tags.filter((tag) => !input.TagKeys?.includes(tag.Key ?? ''));
      return {};
    },
    ListTagsForResource(input: ListTagsForResourceMessage): TagListMessage {
      return { TagList: [...taggable(rds, input.ResourceName).tags] };
    },
    DescribeAccountAttributes(): AccountAttributesMessage {
      const instances = [...rds.state.instances];
      const storage = instances.reduce((sum, instance) => sum + (instance.settings.AllocatedStorage ?? 0), 0);
      return {
        AccountQuotas: [
          { AccountQuotaName: 'DBInstances', Used: instances.length, Max: instanceQuota },
          { AccountQuotaName: 'ManualSnapshots', Used: rds.state.snapshots.size, Max: snapshotQuota },
          { AccountQuotaName: 'AllocatedStorage', Used: storage, Max: 100_000 },
        ],
      };
    },
    DescribePendingMaintenanceActions({ ResourceIdentifier }: DescribePendingMaintenanceActionsMessage): PendingMaintenanceActionsMessage {
      const instances = [...rds.state.instances].filter(({ identifier }) => ResourceIdentifier === undefined || ResourceIdentifier === instanceArn(rds, identifier));
      return { PendingMaintenanceActions: instances.flatMap((instance) => pendingMaintenance(rds, instance)) };
    },
    DescribeEvents(input: DescribeEventsMessage): EventsMessage {
      const now = rds.context.clock.now();
      const from = input.StartTime?.getTime() ?? now - (input.Duration ?? 60) * 60_000;
      const to = input.EndTime?.getTime() ?? now;
      const matching = rds.state.events.filter(
        (event) => event.at >= from && event.at <= to && (input.SourceType === undefined || event.sourceType === input.SourceType) && (input.SourceIdentifier === undefined || event.sourceIdentifier === input.SourceIdentifier),
      );
      const { items, next } = page(matching, { size: input.MaxRecords ?? 100, token: input.Marker, invalid: invalidMarker });
      return {
        Events: items.map((event) => ({ SourceIdentifier: event.sourceIdentifier, SourceType: event.sourceType, SourceArn: event.sourceArn, Message: event.message, EventCategories: [...event.categories], Date: new Date(event.at) })),
        Marker: next,
      };
    },
  };
}

function taggable(rds: Rds, resourceArn: string | undefined): InstanceState | SnapshotState {
  return resourceArn?.includes(':snapshot:') === true ? snapshotOf(rds, resourceArn) : instanceOf(rds, resourceArn);
}

/** A resource without any is not told of at all. */
function pendingMaintenance(rds: Rds, { identifier }: InstanceState): readonly ResourcePendingMaintenanceActions[] {
  const pending = rds.contents.get(identifier)?.pendingMaintenance ?? [];
  const time = (iso: string | undefined) => (iso === undefined ? undefined : new Date(iso));
  const details = pending.map(({ action, description, autoAppliedAfter, appliedAt }) => ({ Action: action, Description: description, AutoAppliedAfterDate: time(autoAppliedAfter), CurrentApplyDate: time(appliedAt) }));
  return details.length === 0 ? [] : [{ ResourceIdentifier: instanceArn(rds, identifier), PendingMaintenanceActionDetails: details }];
}
