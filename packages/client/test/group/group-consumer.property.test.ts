import type { ErrorName } from "@samsa/protocol";
import { Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GroupEvent } from "../../src/index.ts";
import { TOPIC } from "../harness.ts";
import type { Weather } from "../fake-world.ts";
import { groupHarness, type GroupHarness, type Member } from "./group-harness.ts";

const ROUGH: Weather = {
  loseRequestPpm: 20_000,
  loseResponsePpm: 20_000,
  stashRequestPpm: 20_000,
  silencePpm: 5_000,
  refusedDialPpm: 50_000,
  latencyMsMax: 20,
};

const APIS = ["JoinGroup", "SyncGroup", "Heartbeat", "OffsetCommit", "OffsetFetch", "FindCoordinator", "LeaveGroup"] as const;
const PASSING: readonly ErrorName[] = ["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"];
const OF_MEMBERS: readonly ErrorName[] = ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS"];
const FINAL: readonly ErrorName[] = ["GROUP_AUTHORIZATION_FAILED", "FENCED_INSTANCE_ID"];
const CLOSE_MS = 1_000;

interface Run {
  readonly harness: GroupHarness;
  readonly member: Member;
  readonly committed: readonly number[];
}

/** A member that reads and commits for some seconds while everything goes wrong that can; then it is closed, while it goes on. */
function run(seed: number, mayEnd: boolean): Run {
  const prng = new Prng(seed);
  const strategy = prng.pick(["range", "cooperative-sticky"] as const);
  const groupInstanceId = prng.pick([null, "instance"]);
  const harness = groupHarness({ partitionAssignmentStrategy: [strategy], groupInstanceId, maxPollRecords: 3, enableAutoCommit: prng.pick([true, false]) }, 3);
  const { world, cluster, coordinator, member } = harness;
  const committed: number[] = [];
  world.weather = ROUGH;
  const errorOf = (api: (typeof APIS)[number]): ErrorName => {
    if (mayEnd && prng.chancePpm(30_000)) return prng.pick(FINAL);
    return prng.pick(api === "Heartbeat" || api === "OffsetCommit" || api === "SyncGroup" ? [...PASSING, ...OF_MEMBERS] : PASSING);
  };
  const events: (() => void)[] = [
    () => coordinator.rebalance(),
    () => coordinator.memberIds.forEach((id) => prng.chancePpm(300_000) && coordinator.expel(id)),
    () => cluster.moveLeader(TOPIC, prng.below(3), prng.below(3)),
    () => world.breakAll(),
    () => (coordinator.broker = prng.below(3)),
    () => harness.append(prng.below(3), "a", "b"),
    () => (member.finishesRevocations = !member.finishesRevocations),
    () => (member.isPolling = prng.chancePpm(800_000)),
    () => {
      const api = prng.pick(APIS);
      coordinator.refuse(api, errorOf(api));
    },
  ];
  for (let i = 0; i < 60; i++) world.after(prng.below(6_000), () => prng.pick(events)());
  for (let i = 0; i < 60; i++)
    world.act(prng.below(7_000), (now) => {
      const id = member.consumer.commit([{ topic: TOPIC, partition: prng.below(3), offset: i }], now);
      if (id !== undefined) committed.push(id);
    });
  world.act(6_000, (now) => member.consumer.close(now, prng.pick(["leave", "remain", "default"])));
  world.runFor(6_000 + CLOSE_MS + 100);
  member.isPolling = true;
  world.act(0, () => undefined);
  world.runFor(2_000);
  return { harness, member, committed };
}

const isOutcome = (event: GroupEvent): event is Extract<GroupEvent, { readonly type: "committed" | "commit-failed" }> =>
  event.type === "committed" || event.type === "commit-failed";

/** Nothing of a partition is told but between its assignment and its revocation or loss. */
function expectReadWhatIsHeld(events: readonly GroupEvent[]): void {
  const held = new Set<number>();
  for (const event of events) {
    if (event.type === "assigned") for (const { partition } of event.partitions) held.add(partition);
    if (event.type === "revoking" || event.type === "lost") for (const { partition } of event.partitions) held.delete(partition);
    if (event.type === "records" || event.type === "position" || event.type === "committed-offset") expect(held).toContain(event.partition);
  }
}

describe("a consumer in a group in rough weather", () => {
  it.each([false, true])("ends within its time when it is closed, with an outcome of each commit in their order (errors that end it: %s)", (mayEnd) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const { member, committed } = run(seed, mayEnd);
        const { events } = member;
        const ofProgram = events.filter(isOutcome).filter(({ isAutomatic }) => !isAutomatic);
        const outcomes = events.filter(isOutcome).map(({ id }) => id);
        expect(events.filter(({ type }) => type === "closed").length).toBe(1);
        expect(events.at(-1)?.type).toBe("closed");
        expect(ofProgram.map(({ id }) => id)).toEqual(committed);
        expect(outcomes).toEqual([...outcomes].sort((a, b) => a - b));
        expect(new Set(outcomes).size).toBe(outcomes.length);
        expect([member.consumer.hasOpenCommits, member.consumer.assignment]).toEqual([false, []]);
        expectReadWhatIsHeld(events);
      }),
      { numRuns: 40 },
    );
  });

  it("comes back to its partitions and to the end of them when all is calm, whatever it has been through", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const prng = new Prng(seed);
        const { world, coordinator, cluster, member, append } = groupHarness({ partitionAssignmentStrategy: [prng.pick(["range", "cooperative-sticky"])] }, 3);
        world.weather = ROUGH;
        for (let i = 0; i < 20; i++) {
          world.after(prng.below(5_000), () => append(prng.below(3), "a", "b"));
          world.after(prng.below(5_000), () => prng.pick([() => coordinator.rebalance(), () => cluster.moveLeader(TOPIC, prng.below(3), prng.below(3))])());
          const api = prng.pick(APIS);
          const errors = api === "Heartbeat" || api === "OffsetCommit" || api === "SyncGroup" ? [...PASSING, ...OF_MEMBERS] : PASSING;
          world.after(prng.below(5_000), () => coordinator.refuse(api, prng.pick(errors)));
          world.act(prng.below(5_000), (now) => member.consumer.commitPositions(now));
        }
        world.runFor(5_000);
        world.weather = { ...ROUGH, loseRequestPpm: 0, loseResponsePpm: 0, stashRequestPpm: 0, silencePpm: 0, refusedDialPpm: 0 };
        const isCaughtUp = (): boolean =>
          member.consumer.isStable &&
          member.consumer.assignment.length === 3 &&
          member.consumer.assignment.every((p) => member.consumer.lagOf(p.topic, p.partition) === 0);
        // A request that was held back may still be carried out, and errors are still to be told.
        world.runFor(4_000);
        for (const api of APIS) coordinator.relent(api);
        // Members of joins that came late are nobody: their sessions end.
        for (const memberId of coordinator.memberIds) coordinator.expel(memberId);
        for (let ms = 0; ms < 30_000; ms += 500) world.act(ms, () => undefined);
        // With pauses between its heartbeats as long as they get.
        world.runFor(5_000);
        expect(world.runUntil(isCaughtUp, 30_000)).toBe(true);
        const offsets = member.consumer.assignment.map((place) => ({ ...place, offset: member.consumer.positionOf(place.topic, place.partition) ?? -1 }));
        world.act(0, (now) => member.consumer.commit(offsets, now));
        world.runFor(2_000);
        for (const { topic, partition, offset } of offsets) {
          expect(offset).toBe(cluster.topics.get(topic)?.partitions[partition]?.log.endOffset);
          expect(coordinator.offsets.get(`${topic}-${partition}`)).toBe(offset);
        }
      }),
      { numRuns: 30 },
    );
  });
});
