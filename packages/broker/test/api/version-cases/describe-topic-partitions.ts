import { ErrorCode, newDescribeTopicPartitionsRequest } from "@samsa/protocol";
import { expect } from "vitest";
import { SELF, TestBroker, TOPIC, TOPIC_ID } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

export const describeTopicPartitions: VersionCase = {
  api: "DescribeTopicPartitions",
  serves: [
    "describes a topic and its partitions",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("DescribeTopicPartitions", version, newDescribeTopicPartitionsRequest({ topics: [{ name: TOPIC }] }));
      expect(answer).toMatchObject({ nextCursor: null, topics: [{ errorCode: 0, name: TOPIC, topicId: TOPIC_ID, isInternal: false }] });
      expect(answer.topics[0]?.partitions).toEqual([
        {
          errorCode: 0,
          partitionIndex: 0,
          leaderId: SELF,
          leaderEpoch: 0,
          replicaNodes: [SELF],
          isrNodes: [SELF],
          eligibleLeaderReplicas: [],
          lastKnownElr: [],
          offlineReplicas: [],
        },
      ]);
    },
  ],
  refuses: [
    "a topic that is not there",
    (version) => {
      const answer = TestBroker.serving()
        .client()
        .call("DescribeTopicPartitions", version, newDescribeTopicPartitionsRequest({ topics: [{ name: "other" }] }));
      expect(answer.topics).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name: "other", partitions: [] }]);
    },
  ],
};
