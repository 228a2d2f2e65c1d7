import { ErrorCode, type ErrorName } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/** DeleteGroups 0–2: groups without members, with their offsets; answered when all of them are gone, or refused. */
export function deleteGroupsHandler({ groups }: BrokerServices): ApiHandler<"DeleteGroups"> {
  return {
    api: "DeleteGroups",
    handle({ groupsNames }, context, now) {
      // A group that is named twice is answered once: the response is keyed by it.
      const names = [...new Set(groupsNames)];
      const outcomes = new Map<string, ErrorName>();
      const settle = (groupId: string, error: ErrorName): void => {
        outcomes.set(groupId, error);
        if (outcomes.size < names.length) return;
        const results = names.map((one) => ({ groupId: one, errorCode: ErrorCode[outcomes.get(one) ?? "UNKNOWN_SERVER_ERROR"] }));
        context.respond({ throttleTimeMs: 0, results });
      };
      if (names.length === 0) return context.respond({ throttleTimeMs: 0, results: [] });
      for (const groupId of names) {
        const coordinator = groups.of(groupId);
        if (groupId === "" || typeof coordinator === "string") settle(groupId, groupId === "" ? "INVALID_GROUP_ID" : (coordinator as ErrorName));
        else coordinator.deleteGroup(groupId, (error) => settle(groupId, error), now);
      }
    },
  };
}
