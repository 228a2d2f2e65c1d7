import { syncFailed } from "@samsa/coordinators";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/** SyncGroup 0–5: answered when the leader's assignment is in the log. */
export function syncGroupHandler({ groups }: BrokerServices): ApiHandler<"SyncGroup"> {
  return {
    api: "SyncGroup",
    handle(request, context, now) {
      const coordinator = groups.of(request.groupId);
      const answer = (response: ReturnType<typeof syncFailed>): void => context.respond(response);
      if (typeof coordinator === "string") answer(syncFailed(request.groupId === "" ? "INVALID_GROUP_ID" : coordinator));
      else coordinator.syncGroup({ request, answer }, now);
    },
  };
}
