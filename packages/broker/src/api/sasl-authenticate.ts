import { ErrorCode } from "@samsa/protocol";
import type { ApiHandler } from "../request-context.ts";

const NOTHING = new Uint8Array(0);

/** SaslAuthenticate 0–2, for SAMSA-PEER. */
export const saslAuthenticateHandler: ApiHandler<"SaslAuthenticate"> = {
  api: "SaslAuthenticate",
  handle(request, context) {
    const step = context.connection.continuePeerProof(request.authBytes);
    if (step === undefined) {
      const errorMessage = "SaslAuthenticate request received without a SaslHandshake before it";
      context.respond({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, errorMessage, authBytes: NOTHING, sessionLifetimeMs: 0 });
    } else if (step.type === "refused") {
      context.respond({ errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED, errorMessage: "the proof does not hold", authBytes: NOTHING, sessionLifetimeMs: 0 });
      context.disconnect("a broker's proof does not hold");
    } else {
      context.respond({ errorCode: 0, errorMessage: null, authBytes: step.bytes, sessionLifetimeMs: 0 });
    }
  },
};
