import { ErrorCode } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { expect } from "vitest";
import { metadataRequest } from "../../support/requests.ts";
import { SELF, TestBroker, TOPIC, TOPIC_ID } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const metadata: VersionCase = {
  api: "Metadata",
  serves: [
    "describes brokers, topics and partitions",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("Metadata", version, metadataRequest(version, version === 0 ? [] : null));
      expect(answer.brokers).toMatchObject([{ nodeId: SELF, host: "host1", port: 9092, rack: null }]);
      expect(answer.clusterId).toBe(version >= 2 ? "cluster" : null);
      expect(answer.controllerId).toBe(version >= 1 ? SELF : -1);
      expect(answer.topics).toMatchObject([{ errorCode: 0, name: TOPIC, topicId: version >= 10 ? TOPIC_ID : ZERO_UUID, isInternal: false }]);
      expect(answer.topics[0]?.partitions).toMatchObject([
        { errorCode: 0, partitionIndex: 0, leaderId: SELF, leaderEpoch: version >= 7 ? 0 : -1, replicaNodes: [SELF], isrNodes: [SELF], offlineReplicas: [] },
      ]);
    },
  ],
  refuses: [
    "a name that no topic can have",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("Metadata", version, metadataRequest(version, ["a/b"]));
      expect(answer.topics).toMatchObject([{ errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, name: "a/b", partitions: [] }]);
    },
  ],
};
