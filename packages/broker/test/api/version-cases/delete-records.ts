import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { produceRequest } from "../../support/requests.ts";
import { TestBroker, TOPIC } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const asking = (offset: number, name = TOPIC) => ({ topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 1000 });

export const deleteRecords: VersionCase = {
  api: "DeleteRecords",
  serves: [
    "where the log starts now",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", 9, produceRequest(9));
      const answer = client.call("DeleteRecords", version, asking(-1));
      expect(answer.topics).toMatchObject([{ name: TOPIC, partitions: [{ partitionIndex: 0, lowWatermark: 1, errorCode: 0 }] }]);
    },
  ],
  refuses: [
    "what is not committed, and what is not there",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", 9, produceRequest(9));
      const errorOf = (offset: number, name?: string) => client.call("DeleteRecords", version, asking(offset, name)).topics[0]?.partitions[0];
      expect(errorOf(2)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 });
      expect(errorOf(0, "unknown")).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, lowWatermark: -1 });
    },
  ],
};
