import { encodeAssignment, GroupConsumer } from "@samsa/client";
import { checkGroup } from "@samsa/history";
import type { ErrorName, JoinGroupRequest } from "@samsa/protocol";
import { Prng } from "@samsa/stdx";
import { describe, expect, it, vi } from "vitest";
import { FakeCluster } from "../../client/test/fake-cluster.ts";
import { FakeWorld } from "../../client/test/fake-world.ts";
import { FakeCoordinator } from "../../client/test/group/fake-coordinator.ts";
import { GROUP_LOAD_DEFAULTS, type GroupLoad, WorkloadMachine } from "../src/index.ts";

const TOPIC = "load";
const AUTOMATIC = { enableAutoCommit: true, autoCommitIntervalMs: 200 };

/** A workload with one group, whose coordinator is played. */
function start(load: Partial<GroupLoad> = {}) {
  const cluster = new FakeCluster(3);
  const coordinator = new FakeCoordinator(cluster);
  const group: GroupLoad = { ...GROUP_LOAD_DEFAULTS, groupId: "group", ...load };
  const machine = new WorkloadMachine({
    runId: "run",
    seed: 1,
    bootstrap: [0, 1, 2].map((broker) => ({ host: "fake", port: cluster.portOf(broker) })),
    topic: { name: TOPIC, partitions: 2, replicationFactor: 3 },
    client: { requestTimeoutMs: 500 },
    groups: [group],
    groupSettleTimeoutMs: 10_000,
    pace: { type: "rate", recordsPerSecond: 30 },
  });
  coordinator.membersWanted = group.members;
  const world = new FakeWorld({ cluster, machine, prng: new Prng(1).fork("world") });
  const finish = (): readonly string[] => {
    world.after(0, () => machine.finish());
    // Nobody waits any more for those who were here: in the end a new member is alone.
    world.runUntil(() => machine.phase === "handing-over" || machine.isOver, 40_000);
    coordinator.membersWanted = 1;
    expect(world.runUntil(() => machine.isOver, 60_000)).toBe(true);
    const [history] = machine.groupHistories;
    return history === undefined ? ["no history"] : checkGroup(history, machine.history).map(({ name }) => name);
  };
  return { world, coordinator, machine, finish };
}

describe("a group's workload", () => {
  it("is right with a coordinator that does nothing wrong, and processes and commits all there is", () => {
    const { world, coordinator, machine, finish } = start();
    world.runFor(5_000);
    expect(finish()).toEqual([]);
    const [history] = machine.groupHistories;
    const processed = [...(history?.partitions() ?? [])].reduce((sum, partition) => sum + partition.processed.size, 0);
    expect(processed).toBeGreaterThan(100);
    expect(coordinator.offsets.size).toBe(2);
  });

  it("commits again what was not committed, and is not over before that", () => {
    const { world, coordinator, machine, finish } = start();
    world.runFor(3_000);
    const refusals = Array.from({ length: 12 }, (): ErrorName => "OFFSET_METADATA_TOO_LARGE");
    for (const partition of [0, 1]) coordinator.partitionErrors.set(`${TOPIC}-${partition}`, [...refusals]);
    world.runFor(2_000);
    expect(finish()).toEqual([]);
    expect([...coordinator.partitionErrors.values()].flat()).toEqual([]);
    const failed = [...(machine.groupHistories[0]?.partitions() ?? [])].flatMap(({ commits }) => commits.filter(({ outcome }) => outcome !== "ok"));
    expect(failed.length).toBeGreaterThan(10);
  });

  it("has as committed what was acknowledged of a commit that failed for another partition", () => {
    const { world, coordinator, machine, finish } = start({ members: 1 });
    world.runFor(3_000);
    coordinator.partitionErrors.set(
      `${TOPIC}-0`,
      Array.from({ length: 6 }, (): ErrorName => "OFFSET_METADATA_TOO_LARGE"),
    );
    world.runFor(4_000);
    expect(finish()).toEqual([]);
    const [failed, acknowledged] = [...(machine.groupHistories[0]?.partitions() ?? [])].sort((a, b) => a.partition - b.partition);
    expect(failed?.commits.filter(({ outcome }) => outcome !== "ok").length).toBe(6);
    expect(acknowledged?.commits.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  });

  it("finds that a member which leaves is told an error that will not pass", () => {
    const { world, coordinator, machine, finish } = start({ members: 1 });
    world.runFor(3_000);
    world.after(0, () => machine.finish());
    coordinator.partitionErrors.set(
      `${TOPIC}-0`,
      Array.from({ length: 1_000 }, (): ErrorName => "UNKNOWN_TOPIC_OR_PARTITION"),
    );
    expect(world.runUntil(() => machine.phase === "handing-over", 40_000)).toBe(true);
    coordinator.partitionErrors.clear();
    coordinator.refuse("OffsetCommit", "GROUP_AUTHORIZATION_FAILED");
    expect(finish()).toContain("failed");
  });

  it("finds that two members were given the same partition", () => {
    const { world, coordinator, finish } = start();
    coordinator.assigns = encodeAssignment([{ topic: TOPIC, partition: 0 }]);
    world.runFor(5_000);
    expect(new Set(finish())).toEqual(new Set(["double-owned", "no-evidence", "unprocessed", "unsettled"]));
  });

  it("finds that offsets were forgotten, and that they went back", () => {
    const { world, coordinator, finish } = start();
    world.runFor(3_000);
    coordinator.lies.set(`${TOPIC}-0`, -1).set(`${TOPIC}-1`, 1);
    coordinator.rebalance();
    world.runFor(2_000);
    expect(new Set(finish())).toEqual(new Set(["offset-forgotten", "offset-went-back"]));
  });

  it("asks in the end for what is committed: offsets that are gone are missed though nobody has asked for them since", () => {
    const { world, coordinator, finish } = start();
    world.runFor(3_000);
    coordinator.lies.set(`${TOPIC}-0`, -1).set(`${TOPIC}-1`, 1);
    expect(finish()).toEqual(["offset-forgotten", "offset-went-back"]);
  });

  it("finds that nobody tells what is committed", () => {
    const { world, coordinator, machine, finish } = start();
    world.runFor(3_000);
    coordinator.silent.add("OffsetFetch");
    expect(new Set(finish())).toEqual(new Set(["no-evidence", "unsettled"]));
    expect(machine.groupHistories[0]?.unsettled).toContain("a new member was not told what is committed for load-0, -1");
  });

  it("has every other member prefer its assignors the other way round", () => {
    const { world, coordinator, finish } = start({ partitionAssignmentStrategy: ["range", "roundrobin"] });
    world.runFor(2_000);
    const preferred = coordinator.asked.flatMap(({ api, request }) =>
      api === "JoinGroup" ? [(request as JoinGroupRequest).protocols.map(({ name }) => name)] : [],
    );
    expect(new Set(preferred.map((names) => names.join(" ")))).toEqual(new Set(["range roundrobin", "roundrobin range"]));
    expect(finish()).toEqual([]);
  });

  it("stops reading partitions now and then, and goes on with each", () => {
    const pauses = vi.spyOn(GroupConsumer.prototype, "pause");
    const { world, finish } = start({ pauseEveryMs: 300, consumer: { maxPollRecords: 1 } });
    world.runFor(6_000);
    expect(finish()).toEqual([]);
    expect(new Set(pauses.mock.calls.map(([, partition]) => partition))).toEqual(new Set([0, 1]));
    pauses.mockRestore();
  });

  it("has consumers that commit by themselves, what was processed and no more", () => {
    const { world, machine, finish } = start({ members: 1, churnEveryMs: 1_000, isStatic: true, consumer: { ...AUTOMATIC, maxPollIntervalMs: 2_000 } });
    world.runFor(25_000);
    expect(finish()).toEqual([]);
    const commits = [...(machine.groupHistories[0]?.partitions() ?? [])].flatMap((partition) => partition.commits);
    expect(commits.every(({ automatic }) => automatic !== undefined)).toBe(true);
    expect(commits.filter(({ outcome }) => outcome === "ok").length).toBeGreaterThan(20);
    expect(commits.filter(({ outcome }) => outcome !== "ok").length).toBeLessThan(commits.length / 2);
  });

  it("finds that a consumer commits by itself what its program has not processed", () => {
    const poll = GroupConsumer.prototype.poll;
    const early = vi.spyOn(GroupConsumer.prototype, "poll").mockImplementation(function (this: GroupConsumer, now) {
      const events = poll.call(this, now);
      if (!this.hasOpenCommits) this.commitPositions(now);
      return events;
    });
    const { world, finish } = start({ consumer: AUTOMATIC });
    world.runFor(3_000);
    expect(new Set(finish())).toEqual(new Set(["early-commit"]));
    early.mockRestore();
  });

  it("has members go back in their partitions, and processes and commits all there is nevertheless", () => {
    const { world, machine, finish } = start({ seekEveryMs: 300 });
    world.runFor(6_000);
    expect(finish()).toEqual([]);
    const starts = [...(machine.groupHistories[0]?.partitions() ?? [])].flatMap((partition) => partition.starts.filter(({ isSought }) => isSought));
    expect(starts.length).toBeGreaterThan(8);
    expect(starts.some(({ fromOffset }) => fromOffset > 0)).toBe(true);
    expect(starts.some(({ fromOffset }) => fromOffset < 0)).toBe(true);
  });

  it("finds that a member goes on where it was, though it went back", () => {
    const deaf = [vi.spyOn(GroupConsumer.prototype, "seek").mockReturnValue(true), vi.spyOn(GroupConsumer.prototype, "seekToBeginning").mockReturnValue(true)];
    const { world, finish } = start({ seekEveryMs: 300 });
    world.runFor(6_000);
    expect(new Set(finish())).toEqual(new Set(["skipped"]));
    for (const spy of deaf) spy.mockRestore();
  });

  it("stays idle in the end for as long as it is told to, before a new member comes", () => {
    const { world, coordinator, machine, finish } = start({ idleMs: 15_000 });
    world.runFor(2_000);
    world.after(0, () => machine.finish());
    expect(world.runUntil(() => machine.phase === "idling", 20_000)).toBe(true);
    const members = coordinator.memberIds;
    world.runFor(14_000);
    expect(machine.phase).toBe("idling");
    expect(coordinator.memberIds).toEqual(members);
    expect(finish()).toEqual([]);
  });

  it("finds that nobody processes some records, and that the group does not come to rest", () => {
    const { world, coordinator, finish } = start({ members: 1 });
    world.runFor(3_000);
    coordinator.assigns = encodeAssignment([{ topic: TOPIC, partition: 0 }]);
    coordinator.rebalance();
    world.runFor(2_000);
    expect(new Set(finish())).toEqual(new Set(["no-evidence", "unprocessed", "unsettled"]));
  });

  it("finds that a member was told an error that will not pass, and puts another one in its place", () => {
    const { world, coordinator, finish } = start({ members: 1 });
    world.runFor(3_000);
    coordinator.refuse("OffsetCommit", "GROUP_AUTHORIZATION_FAILED");
    world.runFor(1_000);
    coordinator.expel("member-1");
    world.runFor(8_000);
    expect(finish()).toEqual(["failed"]);
    expect(coordinator.memberIds.length).toBe(1);
  });

  it("has members leave, die, stand still and come back, as long as it is not told to be calm", () => {
    const { world, coordinator, machine, finish } = start({ members: 1, churnEveryMs: 500, isStatic: true, consumer: { maxPollIntervalMs: 2_000 } });
    world.runFor(25_000);
    expect(finish()).toEqual([]);
    const apis = new Set(coordinator.asked.map(({ api }) => api));
    expect([...apis].sort()).toEqual(["FindCoordinator", "Heartbeat", "JoinGroup", "OffsetCommit", "OffsetFetch", "SyncGroup"]);
    const [history] = machine.groupHistories;
    expect([...(history?.partitions() ?? [])].every(({ ownerships }) => new Set(ownerships.map(({ process }) => process)).size > 2)).toBe(true);
  });
});
