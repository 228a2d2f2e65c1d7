import { GroupHistory, type OffsetCommit } from "@samsa/history";
import { describe, expect, it } from "vitest";
import { TOPIC } from "../../client/test/harness.ts";
import { type GroupHarness, groupHarness } from "../../client/test/group/group-harness.ts";
import { GroupMember } from "../src/group-member.ts";

const TIMES = { commitEveryMs: 0, sessionTimeoutMs: 1_000, maxPollIntervalMs: 3_000, enableAutoCommit: false };

/** A member that the test runs, of a group whose coordinator is played. */
function setup(): GroupHarness & { readonly dying: GroupMember; commits(): readonly OffsetCommit[] } {
  const harness = groupHarness({}, 1);
  const { client, member } = harness;
  member.isPolling = false;
  const history = new GroupHistory("group");
  const dying = new GroupMember({ ...TIMES, process: 1, client, consumer: member.consumer, history });
  return { ...harness, dying, commits: () => history.partition({ topic: TOPIC, partition: 0 }).commits };
}

describe("what a member had asked for when it died", () => {
  it("is of the generation in which it was sent last, and may be committed still", () => {
    const { world, coordinator, dying, everyTurn, append, commits } = setup();
    let isDead = false;
    everyTurn((now) => (isDead ? undefined : dying.run(now)));
    world.runFor(500);
    coordinator.rebalance();
    world.runFor(500);
    coordinator.silent.add("OffsetCommit");
    append(0, "a");
    world.runUntil(() => coordinator.requestsOf("OffsetCommit").length > 0, 1_000);
    isDead = true;
    world.act(0, (now) => dying.die(now));
    world.runFor(1);
    expect(coordinator.generation).toBeGreaterThan(1);
    expect(commits()).toMatchObject([{ offset: 1, outcome: "info", mayComeLater: true, generationId: coordinator.generation }]);
  });

  it("is not committed by anybody if it was never sent", () => {
    const { world, dying, everyTurn, append, commits } = setup();
    append(0, "a");
    everyTurn((now) => {
      if (commits().length > 0) return;
      dying.run(now);
      // Before the client's own turn.
      if (commits().length > 0) dying.die(now);
    });
    world.runFor(1_000);
    expect(commits()).toMatchObject([{ offset: 1, outcome: "fail", mayComeLater: false, generationId: -1 }]);
  });
});
