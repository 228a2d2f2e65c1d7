import { ErrorCode } from "@samsa/protocol";
import { PEER_MECHANISM } from "../connection/peer-proof.ts";
import type { ApiHandler } from "../request-context.ts";

/** SaslHandshake 0–1. Brokers prove themselves by SAMSA-PEER; to any other mechanism a plaintext listener answers as Kafka's. */
export const saslHandshakeHandler: ApiHandler<"SaslHandshake"> = {
  api: "SaslHandshake",
  handle(request, context) {
    // Version 0 would go on with bare tokens; ours go in SaslAuthenticate.
    if (request.mechanism !== PEER_MECHANISM || context.apiVersion === 0) return context.respond({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] });
    context.connection.startPeerProof();
    context.respond({ errorCode: 0, mechanisms: [PEER_MECHANISM] });
  },
};
