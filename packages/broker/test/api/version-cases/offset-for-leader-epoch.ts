import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { offsetForLeaderEpochRequest, produceRequest } from "../../support/requests.ts";
import { TestBroker, TOPIC } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const offsetForLeaderEpoch: VersionCase = {
  api: "OffsetForLeaderEpoch",
  serves: [
    "the end of an epoch",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", 9, produceRequest(9));
      const answer = client.call("OffsetForLeaderEpoch", version, offsetForLeaderEpochRequest(version, 0));
      expect(answer.topics).toMatchObject([{ topic: TOPIC, partitions: [{ partition: 0, errorCode: 0, leaderEpoch: 0, endOffset: 1 }] }]);
    },
  ],
  refuses: [
    "whoever believes in another leader epoch",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("OffsetForLeaderEpoch", version, offsetForLeaderEpochRequest(version, 0, { currentLeaderEpoch: 1 }));
      expect(answer.topics[0]?.partitions).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH, leaderEpoch: -1, endOffset: -1 }]);
    },
  ],
};
