import { ErrorCode } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { expect } from "vitest";
import { TestBroker } from "../../support/test-broker.ts";
import { forwarded } from "./controller-answers.ts";
import type { VersionCase } from "./version-case.ts";

const FIRST_VERSION_WITH_TIMES = 1;
const FIRST_VERSION_WITH_DIRECTORIES = 2;
const DIRECTORY = "AAAAAAAAAAAAAAAAAAAABw";

const replica = {
  id: 1,
  directoryId: DIRECTORY,
  address: "[::1]:9093",
  status: "leader",
  endIndex: 9,
  lag: 0,
  lastFetchAgoMs: 0,
  lastCaughtUpAgoMs: 0,
} as const;
const status = {
  clusterId: "cluster",
  leader: 1,
  leaderEpoch: 4,
  isLeader: true,
  highWatermark: 8,
  snapshotIndex: 0,
  voters: [replica, { ...replica, id: 2, directoryId: "", status: "follower", endIndex: 5, lastFetchAgoMs: 100, lastCaughtUpAgoMs: 700 }],
  observers: [],
} as const;

const requestOf = (topicName: string) => ({ topics: [{ topicName, partitions: [{ partitionIndex: 0 }] }] });

export const describeQuorum: VersionCase = {
  api: "DescribeQuorum",
  serves: [
    "tells what the quorum's leader says: ends, and times and directories where the version has them",
    (version) => {
      const request = requestOf("__cluster_metadata");
      const { command, answer } = forwarded({ api: "DescribeQuorum", version, request }, { type: "describe-quorum", error: "NONE", status });
      expect(command).toEqual({ type: "describe-quorum" });
      const at = TestBroker.serving().now.wallMs;
      const time = (agoMs: number): number => (version >= FIRST_VERSION_WITH_TIMES ? at - agoMs : -1);
      const directory = version >= FIRST_VERSION_WITH_DIRECTORIES ? DIRECTORY : ZERO_UUID;
      const currentVoters = [
        { replicaId: 1, replicaDirectoryId: directory, logEndOffset: 9, lastFetchTimestamp: time(0), lastCaughtUpTimestamp: time(0) },
        { replicaId: 2, replicaDirectoryId: ZERO_UUID, logEndOffset: 5, lastFetchTimestamp: time(100), lastCaughtUpTimestamp: time(700) },
      ];
      expect(answer.topics).toMatchObject([{ partitions: [{ errorCode: 0, leaderId: 1, leaderEpoch: 4, highWatermark: 8, currentVoters }] }]);
      const nodes = [1, 2].map((nodeId) => ({ nodeId, listeners: [{ name: "CONTROLLER", host: "::1", port: 9093 }] }));
      expect(answer.nodes).toMatchObject(version >= FIRST_VERSION_WITH_DIRECTORIES ? nodes : []);
    },
  ],
  refuses: [
    "a topic that has no quorum",
    (version) => {
      const host = TestBroker.serving();
      const answer = host.client().call("DescribeQuorum", version, requestOf("orders"));
      expect(answer.topics).toMatchObject([{ topicName: "orders", partitions: [{ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, currentVoters: [] }] }]);
      expect(host.asked).toEqual([]);
    },
  ],
};
