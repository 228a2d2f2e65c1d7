import { describeMissingGroup, type DescribedGroup } from "@samsa/coordinators";
import { ErrorCode } from "@samsa/protocol";
import { GROUP_OPERATIONS } from "../authorized-operations.ts";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

const FIRST_VERSION_WITH_OPERATIONS = 3;

/** DescribeGroups 0–6: classic groups, each by its own coordinator. */
export function describeGroupsHandler({ groups: coordinators }: BrokerServices): ApiHandler<"DescribeGroups"> {
  return {
    api: "DescribeGroups",
    handle({ groups, includeAuthorizedOperations }, { apiVersion, respond }) {
      const describe = (groupId: string): DescribedGroup => {
        const coordinator = coordinators.of(groupId);
        if (groupId === "") return failed(groupId, "INVALID_GROUP_ID");
        return typeof coordinator === "string" ? failed(groupId, coordinator) : coordinator.describeGroup(groupId, apiVersion);
      };
      const withOperations = includeAuthorizedOperations && apiVersion >= FIRST_VERSION_WITH_OPERATIONS;
      // One that is named again is answered once.
      const described = [...new Set(groups)]
        .map(describe)
        .map((group) => (withOperations && group.errorCode === 0 ? { ...group, authorizedOperations: GROUP_OPERATIONS } : group));
      respond({ throttleTimeMs: 0, groups: described });
    },
  };
}

function failed(groupId: string, error: keyof typeof ErrorCode): DescribedGroup {
  return { ...describeMissingGroup(groupId, 0), groupState: "", errorCode: ErrorCode[error] };
}
