import { joinFailed } from "@samsa/coordinators";
import type { BrokerServices } from "../broker-services.ts";
import { clientOf } from "../coordinators/client-of.ts";
import type { ApiHandler } from "../request-context.ts";

/** The first version in which the protocol's name may be null. */
const FIRST_VERSION_WITH_NULL_PROTOCOL = 7;

/** JoinGroup 0–9: answered when all members of the group have joined its next generation, or their time is up. */
export function joinGroupHandler({ groups }: BrokerServices): ApiHandler<"JoinGroup"> {
  return {
    api: "JoinGroup",
    handle(request, context, now) {
      const { apiVersion } = context;
      const coordinator = groups.of(request.groupId);
      const answer = (response: ReturnType<typeof joinFailed>): void =>
        context.respond(apiVersion < FIRST_VERSION_WITH_NULL_PROTOCOL ? { ...response, protocolName: response.protocolName ?? "" } : response);
      if (typeof coordinator === "string") return answer(joinFailed(request.groupId === "" ? "INVALID_GROUP_ID" : coordinator, request.memberId));
      coordinator.joinGroup({ request, client: clientOf(context), answer }, now);
    },
  };
}
