import { consumerGroupNotDescribed, type DescribedConsumerGroup } from "@samsa/coordinators";
import { GROUP_OPERATIONS } from "../authorized-operations.ts";
import type { BrokerServices } from "../broker-services.ts";
import type { GroupCoordinators } from "../coordinators/group-coordinators.ts";
import type { ApiHandler } from "../request-context.ts";

/** Of the groups of one answer: below what clients take, and a request may name as many groups as there are. */
const DESCRIBED_BYTES_MAX = 64 * 1024 * 1024;
const NO_ROOM = "The answer would be too large: describe fewer groups at a time.";

/** ConsumerGroupDescribe 0–1: consumer groups, each by its own coordinator. */
export function consumerGroupDescribeHandler({ groups: coordinators }: BrokerServices): ApiHandler<"ConsumerGroupDescribe"> {
  return {
    api: "ConsumerGroupDescribe",
    handle({ groupIds, includeAuthorizedOperations }, { respond }) {
      const described = describeConsumerGroups(coordinators, groupIds, DESCRIBED_BYTES_MAX).map((group) =>
        includeAuthorizedOperations && group.errorCode === 0 ? { ...group, authorizedOperations: GROUP_OPERATIONS } : group,
      );
      respond({ throttleTimeMs: 0, groups: described });
    },
  };
}

/** One that is named again is answered once; those for which there is no room are refused, and the others described. */
export function describeConsumerGroups(coordinators: GroupCoordinators, groupIds: readonly string[], bytesMax: number): readonly DescribedConsumerGroup[] {
  let bytesLeft = bytesMax;
  return Array.from(new Set(groupIds), (groupId) => {
    const coordinator = coordinators.of(groupId);
    if (groupId === "") return consumerGroupNotDescribed(groupId, "INVALID_GROUP_ID");
    if (typeof coordinator === "string") return consumerGroupNotDescribed(groupId, coordinator);
    const size = coordinator.consumerGroupDescriptionSize(groupId);
    if (size > bytesLeft) return consumerGroupNotDescribed(groupId, "INVALID_REQUEST", NO_ROOM);
    bytesLeft -= size;
    return coordinator.describeConsumerGroup(groupId);
  });
}
