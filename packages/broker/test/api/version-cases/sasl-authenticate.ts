import { ErrorCode } from "@samsa/protocol";
import { nodeId, Prng } from "@samsa/stdx";
import { expect } from "vitest";
import { PEER_MECHANISM, PeerClient } from "../../../src/connection/peer-proof.ts";
import { SELF, TestBroker, testProof } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const saslAuthenticate: VersionCase = {
  api: "SaslAuthenticate",
  serves: [
    "goes on with the proof that a handshake began",
    (version) => {
      const client = TestBroker.serving().client();
      const peer = new PeerClient({ self: nodeId(2), leader: SELF, proof: testProof, prng: new Prng(2) });
      client.call("SaslHandshake", 1, { mechanism: PEER_MECHANISM });
      const answer = client.call("SaslAuthenticate", version, { authBytes: peer.first() });
      expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, sessionLifetimeMs: 0 });
      expect(peer.answer(answer.authBytes)).toBeDefined();
    },
  ],
  refuses: [
    "whoever did not shake hands",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("SaslAuthenticate", version, { authBytes: new Uint8Array(20) });
      expect(answer).toMatchObject({ errorCode: ErrorCode.ILLEGAL_SASL_STATE });
    },
  ],
};
