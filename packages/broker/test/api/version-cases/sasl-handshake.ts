import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { PEER_MECHANISM } from "../../../src/connection/peer-proof.ts";
import { TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const saslHandshake: VersionCase = {
  api: "SaslHandshake",
  serves: [
    "takes the brokers' own mechanism where tokens come as requests",
    (version) => {
      const answer = TestBroker.serving().client().call("SaslHandshake", version, { mechanism: PEER_MECHANISM });
      if (version === 0) expect(answer).toMatchObject({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] });
      else expect(answer).toMatchObject({ errorCode: 0, mechanisms: [PEER_MECHANISM] });
    },
  ],
  refuses: [
    "every mechanism of clients, as a plaintext listener of Kafka's",
    (version) => {
      const answer = TestBroker.serving().client().call("SaslHandshake", version, { mechanism: "PLAIN" });
      expect(answer).toMatchObject({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] });
    },
  ],
};
