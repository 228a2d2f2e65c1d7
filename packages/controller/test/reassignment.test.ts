import { leaderEpoch, partitionEpoch } from "@samsa/stdx";
import { expect, test } from "vitest";
import { ids, Quorum } from "./support/quorum.ts";

/** `t`-0 on its way from [1, 2] to [3, 4] where `removing` is [1, 2], from the first record on: the request for it comes later. */
const moving = (adding: readonly number[], removing: readonly number[], config = {}): Quorum => {
  const quorum = Quorum.with([1, 2, 3, 4], config);
  quorum.createTopic("t", { replicas: [[1, 2]] });
  const before = quorum.partition();
  const assignment = { replicas: ids(1, 2, ...adding), addingReplicas: ids(...adding), removingReplicas: ids(...removing) };
  const { partition, replicas: _, addingReplicas: __, removingReplicas: ___, ...state } = before;
  quorum.entries.push({
    index: quorum.entries.length + 1,
    epoch: quorum.epoch,
    records: [{ type: "partition-change", topicId: quorum.topicId("t"), partition, assignment, ...state, partitionEpoch: partitionEpoch(1) }],
  });
  // Another controller decided it.
  quorum.depose(1);
  quorum.elect();
  return quorum;
};

test("a reassignment goes on while one of its new replicas is not in the ISR (P25)", () => {
  const quorum = moving([3, 4], [1, 2]);
  quorum.alter([1, 2, 3]);
  expect(quorum.partition()).toMatchObject({ replicas: [1, 2, 3, 4], addingReplicas: [3, 4], removingReplicas: [1, 2], isr: [1, 2, 3], leader: 1 });
  // Also where those that stay would be enough.
  const enough = moving([3, 4], [2]);
  enough.alter([1, 2, 3]);
  expect(enough.partition()).toMatchObject({ replicas: [1, 2, 3, 4], addingReplicas: [3, 4], removingReplicas: [2], isr: [1, 2, 3] });
});

test("it ends when all are, in one record: the old ones leave, and a new one leads in a new epoch", () => {
  const quorum = moving([3, 4], [1, 2]);
  const { leaderEpoch: before } = quorum.partition();
  // Who leads no more must not go on with the ISR that it asked for.
  expect(quorum.alterError([1, 2, 3, 4])).toBe("FENCED_LEADER_EPOCH");
  expect(quorum.partition()).toMatchObject({ replicas: [3, 4], addingReplicas: [], removingReplicas: [], isr: [3, 4], elr: [], leader: 3 });
  expect(quorum.partition().leaderEpoch).toBe(leaderEpoch(before + 1));
});

test("its leader stays where it is among those that stay", () => {
  const quorum = moving([3], [2]);
  expect(quorum.alterError([1, 2, 3])).toBe("NONE");
  expect(quorum.partition()).toMatchObject({ replicas: [1, 3], isr: [1, 3], leader: 1, leaderEpoch: 0 });
});

test("it does not end in an ISR below the minimum", () => {
  const quorum = moving([3], [2]);
  quorum.expire(1);
  quorum.alter([2, 3]);
  expect(quorum.partition()).toMatchObject({ replicas: [1, 2, 3], isr: [2, 3], leader: 2, removingReplicas: [2] });
});

test("replicas that only join need no more than to be in the ISR", () => {
  const quorum = moving([3], []);
  quorum.alter([1, 2, 3]);
  expect(quorum.partition()).toMatchObject({ replicas: [1, 2, 3], addingReplicas: [], isr: [1, 2, 3] });
});
