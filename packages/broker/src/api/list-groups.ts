import { ErrorCode } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/** ListGroups 0–5: the groups that this broker coordinates, of the states and types asked for, whatever their case; empty: of all. */
export function listGroupsHandler({ groups }: BrokerServices): ApiHandler<"ListGroups"> {
  return {
    api: "ListGroups",
    handle({ statesFilter, typesFilter }, context) {
      const coordinators = groups.all();
      if (coordinators === undefined) return context.respond({ throttleTimeMs: 0, errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, groups: [] });
      const isWanted = (value: string, filter: readonly string[]): boolean =>
        filter.length === 0 || filter.some((one) => one.toLowerCase() === value.toLowerCase());
      const listed = coordinators.flatMap((coordinator) => coordinator.listGroups());
      const wanted = listed.filter(({ groupState, groupType }) => isWanted(groupState, statesFilter) && isWanted(groupType, typesFilter));
      context.respond({ throttleTimeMs: 0, errorCode: ErrorCode.NONE, groups: wanted });
    },
  };
}
