import { leaderEpoch, type NodeId, nodeId, partitionEpoch } from "@samsa/stdx";
import { expect, it } from "vitest";
import { TestBroker, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const changed = (to: { readonly leader: NodeId; readonly epoch: number; readonly partitionEpoch: number }) => ({
  type: "partition-change" as const,
  topicId: TOPIC_ID,
  partition: 0,
  leader: to.leader,
  leaderEpoch: leaderEpoch(to.epoch),
  partitionEpoch: partitionEpoch(to.partitionEpoch),
  isr: [nodeId(1), nodeId(2)],
  elr: [],
  lastKnownLeader: nodeId(-1),
});

it("a broker that has closed its logs, for it stops, hears of its own partitions until the process ends", () => {
  const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
  const role = (): string | undefined => [...host.broker.replicas.all()][0]?.replica.role;
  expect(role()).toBe("leader");
  host.turn((now) => host.broker.stop(now, () => undefined));
  host.commit([changed({ leader: nodeId(1), epoch: 0, partitionEpoch: 1 })]);
  expect(role()).toBe("leader");
  host.commit([changed({ leader: nodeId(2), epoch: 1, partitionEpoch: 2 })]);
  expect(role()).toBe("follower");
  host.commit([changed({ leader: nodeId(1), epoch: 2, partitionEpoch: 3 })]);
  expect(role()).toBe("follower");
});
