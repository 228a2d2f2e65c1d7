import { ErrorCode } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/** Heartbeat 0–4. While a coordinator is loaded a member counts as alive: it would only look for another one (as Kafka). */
export function heartbeatHandler({ groups }: BrokerServices): ApiHandler<"Heartbeat"> {
  return {
    api: "Heartbeat",
    handle(request, context, now) {
      const coordinator = groups.of(request.groupId);
      const refusal = coordinator === "COORDINATOR_LOAD_IN_PROGRESS" ? "NONE" : coordinator;
      const error = typeof refusal === "string" ? refusal : refusal.heartbeat(request, now);
      context.respond({ throttleTimeMs: 0, errorCode: ErrorCode[request.groupId === "" ? "INVALID_GROUP_ID" : error] });
    },
  };
}
