import { ErrorCode } from "@samsa/protocol";
import { expect } from "vitest";
import { listOffsetsRequest, produceRequest } from "../../support/requests.ts";
import { TestBroker } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const listOffsets: VersionCase = {
  api: "ListOffsets",
  serves: [
    "finds both ends of the log",
    (version) => {
      const client = TestBroker.serving().client();
      client.call("Produce", 9, produceRequest(9));
      const ends = [-2, -1].map((timestamp) => client.call("ListOffsets", version, listOffsetsRequest(version, timestamp)).topics[0]?.partitions[0]);
      expect(ends).toMatchObject([0, 1].map((offset) => ({ partitionIndex: 0, errorCode: 0, timestamp: -1, offset, leaderEpoch: version >= 4 ? 0 : -1 })));
    },
  ],
  refuses: [
    "a partition that is not there, and a special time that no version knows",
    (version) => {
      const client = TestBroker.serving().client();
      const errorOf = (timestamp: number, partition: number) =>
        client.call("ListOffsets", version, listOffsetsRequest(version, timestamp, { partitions: [partition] })).topics[0]?.partitions[0]?.errorCode;
      expect(errorOf(-1, 5)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      expect(errorOf(-100, 0)).toBe(ErrorCode.UNSUPPORTED_VERSION);
    },
  ],
};
