import { encodeBatch } from "@samsa/protocol/records";
import { describe, expect, it } from "vitest";
import { bytes, TOPIC } from "../harness.ts";
import { type GroupHarness, groupHarness } from "./group-harness.ts";

const NEW = ["new0", "new1", "new2"];
const OLD = Array.from({ length: 9 }, (_, index) => `old${index}`);

/** The topic is deleted, and made anew with three records. */
function recreate({ cluster }: Pick<GroupHarness, "cluster">): void {
  const log = cluster.createTopic(TOPIC, 1).partitions[0]?.log;
  for (const value of NEW) log?.append(encodeBatch({ records: [{ key: null, value: bytes(value), timestamp: 0 }] }), 0);
}

describe("of a topic that was made anew", () => {
  it.each([
    ["all is read, and nothing committed that was read of the old one", false],
    ["all is read also where the old one had more leader epochs", true],
  ])("%s", (_title, hadMoreEpochs) => {
    const group = groupHarness({ enableAutoCommit: true, autoCommitIntervalMs: 60_000 }, 1);
    const { world, cluster, coordinator, member, append } = group;
    if (hadMoreEpochs) cluster.moveLeader(TOPIC, 0, 2);
    append(0, ...OLD);
    world.runFor(1_000);
    expect(member.read()).toEqual(OLD);
    recreate(group);
    world.runFor(10_000);
    expect(member.read().slice(OLD.length)).toEqual(NEW);
    expect(coordinator.offsets.size).toBe(0);
    // What was read of it is committed as ever.
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(500);
    expect(coordinator.offsets.get(`${TOPIC}-0`)).toBe(NEW.length);
  });

  it("nothing is committed that the program still has of the old one, and the rest of such a commit is", () => {
    const group = groupHarness({}, 1);
    const { world, cluster, coordinator, member, append } = group;
    cluster.createTopic("other", 1);
    world.act(0, (now) => member.consumer.subscribe([TOPIC, "other"], now));
    append(0, ...OLD);
    world.runFor(2_000);
    member.finishesRevocations = false;
    recreate(group);
    world.runUntil(() => member.told("revoking").length > 1, 2_000);
    const offsets = [TOPIC, "other"].map((topic) => ({ topic, partition: 0, offset: 9 }));
    world.act(0, (now) => {
      member.consumer.commit(offsets.slice(0, 1), now);
      member.consumer.commit(offsets, now);
    });
    world.runFor(300);
    expect(member.told("commit-failed")).toMatchObject([
      { error: "UNKNOWN_TOPIC_ID", committed: [] },
      { error: "UNKNOWN_TOPIC_ID", committed: offsets.slice(1) },
    ]);
    expect([...coordinator.offsets]).toEqual([["other-0", 9]]);
  });

  it("a member that held it before goes on where the group has committed for the new one, if it was told that before anything was read", () => {
    const group = groupHarness({ partitionAssignmentStrategy: ["cooperative-sticky"] }, 1);
    const { world, coordinator, member, append } = group;
    append(0, ...OLD);
    coordinator.partitionErrors.set(`${TOPIC}-0`, ["UNSTABLE_OFFSET_COMMIT"]);
    world.runUntil(() => coordinator.requestsOf("OffsetFetch").length > 0, 2_000);
    recreate(group);
    coordinator.offsets.set(`${TOPIC}-0`, 2);
    world.runFor(5_000);
    expect(member.told("assigned").flatMap(({ partitions }) => partitions)).toEqual([{ topic: TOPIC, partition: 0 }]);
    expect(member.told("committed-offset").map(({ offset }) => offset)).toEqual([2]);
    expect(member.read()).toEqual(NEW.slice(2));
    expect(member.consumer.committedOf(TOPIC, 0)).toBe(2);
  });
});
