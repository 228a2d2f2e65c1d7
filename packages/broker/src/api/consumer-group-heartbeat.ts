import { heartbeatFailed } from "@samsa/coordinators";
import type { BrokerServices } from "../broker-services.ts";
import { clientOf } from "../coordinators/client-of.ts";
import type { ApiHandler } from "../request-context.ts";

/** ConsumerGroupHeartbeat 0–1: a member joins, lives, says what it has, hears what it is to have, and leaves; answered when that is committed. */
export function consumerGroupHeartbeatHandler({ groups }: BrokerServices): ApiHandler<"ConsumerGroupHeartbeat"> {
  return {
    api: "ConsumerGroupHeartbeat",
    handle(request, context, now) {
      const coordinator = groups.of(request.groupId);
      if (request.groupId === "") return context.respond(heartbeatFailed({ error: "INVALID_REQUEST", message: "GroupId can't be empty." }));
      if (typeof coordinator === "string") return context.respond(heartbeatFailed({ error: coordinator, message: null }));
      coordinator.consumerGroupHeartbeat({ request, client: clientOf(context), answer: (response) => context.respond(response) }, now);
    },
  };
}
