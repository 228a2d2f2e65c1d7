import { brokerEpoch, leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { expect, test } from "vitest";
import { Quorum } from "./support/quorum.ts";

const cluster = (): Quorum => {
  const quorum = Quorum.with([1, 2, 3, 4]);
  quorum.createTopic("t", { replicas: [[1, 2, 3]] });
  return quorum;
};

test("a leader shrinks and expands its ISR; only the partition epoch rises", () => {
  const quorum = cluster();
  expect(quorum.alter([1, 2]).partitions).toMatchObject([{ error: "NONE", leader: 1, leaderEpoch: 0, partitionEpoch: 1, isr: [1, 2] }]);
  expect(quorum.alter([1, 2, 3]).partitions).toMatchObject([{ error: "NONE", leader: 1, leaderEpoch: 0, partitionEpoch: 2, isr: [1, 2, 3] }]);
  expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1, 2, 3], elr: [] });
});

test("who is left out below the minimum is eligible; at the minimum nobody is", () => {
  const quorum = cluster();
  quorum.alter([1]);
  expect(quorum.partition()).toMatchObject({ isr: [1], elr: [2, 3] });
  quorum.alter([1, 3]);
  expect(quorum.partition()).toMatchObject({ isr: [1, 3], elr: [] });
});

test("P15: a fenced broker does not get into the ISR", () => {
  const quorum = cluster();
  quorum.expire(3);
  expect(quorum.alterError([1, 2, 3])).toBe("INELIGIBLE_REPLICA");
  expect(quorum.partition().isr).toEqual([1, 2]);
});

test("P15: a broker that is shutting down does not get into the ISR", () => {
  const quorum = cluster();
  quorum.heartbeat(3, { wantsShutdown: true });
  quorum.heartbeat(3);
  expect(quorum.alterError([1, 2, 3])).toBe("INELIGIBLE_REPLICA");
});

test("P16: a request built on what the last incarnation fetched is refused (KIP-903)", () => {
  const quorum = cluster();
  const old = quorum.brokerEpoch(3);
  quorum.expire(3);
  quorum.join(3, { pageCacheSurvived: false });
  expect(quorum.alterError([1, 2, 3], { epochs: { 3: old } })).toBe("INELIGIBLE_REPLICA");
  expect(quorum.alterError([1, 2, 3], { epochs: { 3: -1 } })).toBe("INELIGIBLE_REPLICA");
  expect(quorum.alterError([1, 2, 3])).toBe("NONE");
});

test.each<[string, Parameters<Quorum["alter"]>, string]>([
  ["a member that is no replica", [[1, 4]], "INVALID_REQUEST"],
  ["an ISR without its leader", [[2, 3]], "INVALID_REQUEST"],
  ["a member twice", [[1, 2, 2]], "INVALID_REQUEST"],
  ["nobody", [[]], "INVALID_REQUEST"],
  ["a sender that does not lead", [[1, 2], { from: 2 }], "INVALID_REQUEST"],
  ["a leader epoch from the future", [[1, 2], { leaderEpoch: 1 }], "NOT_CONTROLLER"],
  ["a partition epoch from the future", [[1, 2], { partitionEpoch: 1 }], "NOT_CONTROLLER"],
])("%s is refused", (_, parameters, error) => {
  const quorum = cluster();
  expect(quorum.alterError(...parameters)).toBe(error);
  expect(quorum.partition()).toMatchObject({ isr: [1, 2, 3], partitionEpoch: 0 });
});

test("a deposed leader is told so", () => {
  const quorum = cluster();
  quorum.expire(1);
  quorum.join(1);
  expect(quorum.alterError([1, 2, 3], { from: 1, leaderEpoch: 0, partitionEpoch: 0 })).toBe("FENCED_LEADER_EPOCH");
});

test("a request that rests on an older state is refused, the last one again is not", () => {
  const quorum = cluster();
  quorum.alter([1, 2]);
  expect(quorum.alter([2, 1], { partitionEpoch: 0 }).partitions).toMatchObject([{ error: "NONE", partitionEpoch: 1, isr: [1, 2] }]);
  expect(quorum.alterError([1, 3], { partitionEpoch: 0 })).toBe("INVALID_UPDATE_VERSION");
  quorum.alter([1, 2, 3]);
  expect(quorum.alterError([1, 2], { partitionEpoch: 0 })).toBe("INVALID_UPDATE_VERSION");
});

test("asking for the ISR as it is makes a new partition epoch, which voids an earlier request that is still under way", () => {
  const quorum = cluster();
  const entries = quorum.entries.length;
  expect(quorum.alterError([3, 2, 1])).toBe("NONE");
  expect(quorum.entries.length).toBe(entries + 1);
  expect(quorum.entries.at(-1)?.records).toMatchObject([{ type: "partition-change", partitionEpoch: 1, leaderEpoch: 0 }]);
});

test("an unknown sender, topic or partition, and a partition twice, are refused", () => {
  const quorum = cluster();
  const asked = (topicId: string, partition: number) => ({
    topicId: uuid(topicId),
    partition,
    leaderEpoch: leaderEpoch(0),
    partitionEpoch: partitionEpoch(0),
    newIsr: [],
  });
  const alter = (id: number, epoch: number, ...partitions: ReturnType<typeof asked>[]) =>
    quorum.ask({ type: "alter-partition", brokerId: nodeId(id), brokerEpoch: brokerEpoch(epoch), partitions });
  const topicId = quorum.topicId("t");
  expect(alter(9, 0).error).toBe("BROKER_ID_NOT_REGISTERED");
  expect(alter(1, 5).error).toBe("STALE_BROKER_EPOCH");
  expect(alter(1, 0, asked(topicId, 0), asked(topicId, 0)).error).toBe("INVALID_REQUEST");
  const answers = alter(1, 0, asked("nothing-nothing-nothin", 0), asked(topicId, 1)).partitions;
  expect(answers.map((answer) => answer.error)).toEqual(["UNKNOWN_TOPIC_ID", "UNKNOWN_TOPIC_OR_PARTITION"]);
});
