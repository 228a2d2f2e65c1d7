import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { SELF, TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const anonymous = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 };

export const initProducerId: VersionCase = {
  api: "InitProducerId",
  serves: [
    "hands out ids of the broker's block, each once",
    (version) => {
      const host = TestBroker.serving();
      const client = host.client();
      client.ask("InitProducerId", version, anonymous);
      expect(host.asked.at(-1)?.request).toMatchObject({ type: "allocate-producer-ids", brokerId: SELF });
      host.asked.at(-1)?.answer({ type: "allocate-producer-ids", error: "NONE", firstProducerId: 4000, count: 2 });
      expect(client.answers).toMatchObject([{ errorCode: 0, producerId: 4000, producerEpoch: 0 }]);
      expect(client.call("InitProducerId", version, anonymous)).toMatchObject({ errorCode: 0, producerId: 4001, producerEpoch: 0 });
    },
  ],
  refuses: [
    "an empty transactional id",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("InitProducerId", version, { ...anonymous, transactionalId: "" });
      expect(answer).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, producerId: -1 });
    },
  ],
};
