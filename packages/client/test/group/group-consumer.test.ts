import { describe, expect, it } from "vitest";

import { TOPIC } from "../harness.ts";
import { groupHarness } from "./group-harness.ts";

const place = (partition: number) => ({ topic: TOPIC, partition });

describe("a consumer in a group", () => {
  it("finds the coordinator, joins with the id that it is given, assigns as leader, and reads from the start", () => {
    const { world, coordinator, member, append } = groupHarness();
    append(0, "a", "b");
    append(1, "c");
    world.runFor(500);
    expect(member.told("assigned")).toEqual([{ type: "assigned", generationId: 1, partitions: [place(0), place(1)] }]);
    expect(member.told("committed-offset")).toMatchObject([{ offset: -1 }, { offset: -1 }]);
    expect([...member.read()].sort()).toEqual(["a", "b", "c"]);
    expect(coordinator.requestsOf("JoinGroup").map(({ memberId }) => memberId)).toEqual(["", "member-1"]);
    expect([member.consumer.positionOf(TOPIC, 0), member.consumer.lagOf(TOPIC, 0)]).toEqual([2, 0]);
  });

  it("goes on where the group has committed, and after a commit elsewhere from there", () => {
    const { world, coordinator, member, append, addMember } = groupHarness({}, 1);
    coordinator.offsets.set(`${TOPIC}-0`, 1);
    append(0, "a", "b", "c");
    world.runFor(500);
    expect(member.read()).toEqual(["b", "c"]);
    world.act(0, (now) => member.consumer.commit([{ topic: TOPIC, partition: 0, offset: 2 }], now));
    world.act(100, (now) => member.consumer.close(now));
    world.runFor(300);
    expect(member.told("committed")).toMatchObject([{ id: 0, offsets: [{ offset: 2 }], earlierErrors: [] }]);
    expect(member.events.at(-1)).toEqual({ type: "closed" });
    const next = addMember();
    world.runFor(500);
    expect(next.read()).toEqual(["c"]);
  });

  it("shares its partitions with one that comes, and gets them back when that one leaves", () => {
    const { world, member, addMember } = groupHarness();
    world.runFor(500);
    const other = addMember();
    world.runFor(500);
    expect(member.told("revoking")).toMatchObject([{ partitions: [place(0), place(1)] }]);
    expect([member.consumer.assignment, other.consumer.assignment]).toEqual([[place(0)], [place(1)]]);
    world.act(0, (now) => other.consumer.close(now));
    world.runFor(500);
    expect(member.consumer.assignment).toEqual([place(0), place(1)]);
    expect(other.events.map(({ type }) => type).slice(-2)).toEqual(["revoking", "closed"]);
  });

  it("tells the coordinator every heartbeat interval that it is there, and rests otherwise", () => {
    const { world, coordinator, member } = groupHarness({ fetchMaxWaitMs: 500 });
    world.runFor(1_000);
    const before = coordinator.requestsOf("Heartbeat").length;
    world.runFor(1_000);
    expect(coordinator.requestsOf("Heartbeat").length - before).toBeGreaterThanOrEqual(8);
    expect(coordinator.requestsOf("Heartbeat").length - before).toBeLessThanOrEqual(10);
    expect(member.told("assigned").length).toBe(1);
    expect(coordinator.requestsOf("FindCoordinator").length).toBe(1);
  });

  it("joins with a name of its own and no id where the broker is older", () => {
    const { world, cluster, coordinator, member, append } = groupHarness();
    for (const [api, version] of [
      ["FindCoordinator", 2],
      ["JoinGroup", 3],
      ["SyncGroup", 2],
      ["Heartbeat", 2],
      ["OffsetFetch", 5],
      ["OffsetCommit", 6],
      ["LeaveGroup", 2],
    ] as const)
      cluster.maxVersions.set(api, version);
    append(0, "a");
    world.runFor(500);
    expect(member.read()).toEqual(["a"]);
    expect(coordinator.requestsOf("JoinGroup").length).toBe(1);
    world.act(0, (now) => member.consumer.commitPositions(now));
    world.act(100, (now) => member.consumer.close(now));
    world.runFor(300);
    expect(coordinator.offsets.get(`${TOPIC}-0`)).toBe(1);
    expect(coordinator.memberIds).toEqual([]);
  });
});
