import { ErrorCode } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

/**
 * InitProducerId 0–5 for idempotent producers. There are no transactions yet: a transactional id gets an error that
 * clients take as final, for a retriable one would keep them trying for ever.
 */
export function initProducerIdHandler(services: BrokerServices): ApiHandler<"InitProducerId"> {
  return {
    api: "InitProducerId",
    handle(request, context, now) {
      const fail = (error: "INVALID_REQUEST" | "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" | "COORDINATOR_LOAD_IN_PROGRESS"): void =>
        context.respond({ throttleTimeMs: 0, errorCode: ErrorCode[error], producerId: -1, producerEpoch: -1 });
      // An id without an epoch, or an epoch without an id, says nothing (KIP-360).
      if ((request.producerId === -1) !== (request.producerEpoch === -1) || request.transactionalId === "") return fail("INVALID_REQUEST");
      if (request.transactionalId !== null) return fail("TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
      services.producerIds.take(
        services.brokerEpoch,
        (producerId) => {
          // As Kafka while no block can be had: the client tries again.
          if (producerId === undefined) fail("COORDINATOR_LOAD_IN_PROGRESS");
          else context.respond({ throttleTimeMs: 0, errorCode: 0, producerId, producerEpoch: 0 });
        },
        now,
      );
    },
  };
}
