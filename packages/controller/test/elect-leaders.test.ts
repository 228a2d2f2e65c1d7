import type { ControllerRequest } from "@samsa/controller";
import { describe, expect, test } from "vitest";
import { Quorum } from "./support/quorum.ts";

type ElectionType = Extract<ControllerRequest, { type: "elect-leaders" }>["electionType"];
const elect = (quorum: Quorum, electionType: ElectionType, names: readonly (readonly [string, number])[] | null = [["t", 0]]) => {
  const partitions = names?.map(([topic, partition]) => ({ topic, partition })) ?? null;
  return quorum.ask({ type: "elect-leaders", electionType, partitions }).partitions;
};
const allow = (quorum: Quorum, resourceType: "topic" | "broker", resourceName: string, value = "true") =>
  quorum.ask({
    type: "incremental-alter-configs",
    resources: [{ resourceType, resourceName, changes: [{ name: "unclean.leader.election.enable", operation: "set", value }] }],
    validateOnly: false,
  });

/** `t`-0 on 1, 2 and 3, led by 2: its first replica went and came back. */
const moved = (config: ConstructorParameters<typeof Quorum>[0] = {}): Quorum => {
  const quorum = Quorum.with([1, 2, 3], config);
  quorum.createTopic("t", { replicas: [[1, 2, 3]] });
  quorum.expire(1);
  quorum.join(1);
  quorum.alter([1, 2, 3]);
  expect(quorum.partition()).toMatchObject({ leader: 2, isr: [1, 2, 3], leaderEpoch: 1 });
  return quorum;
};

/** `t`-0 without a leader: 2 is eligible and away; 1, which lacks records, lives. */
const leaderless = (config: ConstructorParameters<typeof Quorum>[0] = {}): Quorum => {
  const quorum = Quorum.with([1, 2], config);
  quorum.createTopic("t", { replicas: [[1, 2]], configs: { "min.insync.replicas": "1" } });
  quorum.expire(1);
  quorum.expire(2);
  quorum.join(1);
  expect(quorum.partition()).toMatchObject({ leader: -1, isr: [], elr: [2] });
  return quorum;
};

describe("a preferred election", () => {
  test("makes the first replica lead again, in a new epoch, with the ISR as it is", () => {
    const quorum = moved();
    expect(elect(quorum, "preferred")).toEqual([{ topic: "t", partition: 0, error: "NONE", message: null }]);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1, 2, 3], leaderEpoch: 2 });
  });

  test("is not needed where the first replica leads: so it is when it is asked for again", () => {
    const quorum = moved();
    elect(quorum, "preferred");
    const entries = quorum.entries.length;
    expect(elect(quorum, "preferred")).toMatchObject([{ error: "ELECTION_NOT_NEEDED", message: null }]);
    expect(quorum.entries.length).toBe(entries);
  });

  test("can't be where the first replica is away, or not in the ISR", () => {
    const quorum = moved();
    for (const id of [2, 3]) quorum.heartbeat(id);
    quorum.expire(1);
    expect(elect(quorum, "preferred")).toMatchObject([{ error: "PREFERRED_LEADER_NOT_AVAILABLE" }]);
    quorum.join(1);
    expect(elect(quorum, "preferred")).toMatchObject([{ error: "PREFERRED_LEADER_NOT_AVAILABLE" }]);
    expect(quorum.partition()).toMatchObject({ leader: 2, leaderEpoch: 1 });
  });

  test("of all partitions leaves out those that need none", () => {
    const quorum = moved();
    quorum.createTopic("u", { replicas: [[1], [2]] });
    expect(elect(quorum, "preferred", null)).toEqual([{ topic: "t", partition: 0, error: "NONE", message: null }]);
  });
});

describe("an unclean election", () => {
  test("that is asked for elects a living replica, which begins with an ISR of itself and no ELR", () => {
    const quorum = leaderless();
    expect(elect(quorum, "unclean")).toMatchObject([{ error: "NONE" }]);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [], lastKnownLeader: -1 });
    expect(quorum.traces.find((event) => event.kind === "leader-elected" && event.leader === 1 && event.leaderEpoch > 0)).toMatchObject({
      because: "unclean election asked for; unclean: not even the last known leader, ISR was [], ELR was [2]",
    });
  });

  test("is not needed where somebody leads, and not possible where nobody lives", () => {
    const quorum = moved();
    expect(elect(quorum, "unclean")).toMatchObject([{ error: "ELECTION_NOT_NEEDED" }]);
    for (const id of [1, 2, 3]) quorum.expire(id);
    expect(elect(quorum, "unclean")).toMatchObject([{ error: "ELIGIBLE_LEADERS_NOT_AVAILABLE" }]);
  });

  test("prefers whoever is eligible", () => {
    const quorum = leaderless();
    const before = quorum.partition();
    quorum.join(2);
    expect(quorum.partition()).toMatchObject({ leader: 2, leaderEpoch: before.leaderEpoch + 1 });
  });

  test.each<[string, (quorum: Quorum) => unknown]>([
    ["of the topic", (quorum) => allow(quorum, "topic", "t")],
    ["of the cluster", (quorum) => allow(quorum, "broker", "")],
    ["of the broker where the controller is", (quorum) => allow(quorum, "broker", "1")],
  ])("follows at once from the setting %s", (_, set) => {
    const quorum = leaderless();
    set(quorum);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [] });
  });

  test("does not follow from the setting of another broker, nor where the topic says no", () => {
    const quorum = leaderless();
    allow(quorum, "broker", "2");
    expect(quorum.partition()).toMatchObject({ leader: -1 });
    allow(quorum, "topic", "t", "false");
    allow(quorum, "broker", "");
    expect(quorum.partition()).toMatchObject({ leader: -1 });
  });

  test("follows from the file's setting when a controller begins that has it", () => {
    const quorum = leaderless();
    const other = new Quorum({ isUncleanElectionEnabled: true });
    for (const entry of quorum.entries) {
      other.entries.push(entry);
      other.commitOne();
    }
    other.epoch = quorum.epoch;
    other.elect();
    expect(other.partition()).toMatchObject({ leader: 1, isr: [1], elr: [] });
    quorum.depose(0);
    quorum.elect();
    expect(quorum.partition()).toMatchObject({ leader: -1, elr: [2] });
  });

  test("follows from the file's setting when a broker goes or comes", () => {
    const quorum = Quorum.with([1, 2], { isUncleanElectionEnabled: true });
    quorum.createTopic("t", { replicas: [[1, 2]], configs: { "min.insync.replicas": "1" } });
    quorum.expire(1);
    quorum.expire(2);
    quorum.join(1);
    expect(quorum.partition()).toMatchObject({ leader: 1, isr: [1], elr: [] });
  });
});

test("an election of what is not there is refused in Kafka's words; named twice, it is answered once", () => {
  const quorum = moved();
  expect(
    elect(quorum, "preferred", [
      ["nope", 0],
      ["t", 7],
      ["t", 0],
      ["t", 0],
    ]),
  ).toEqual([
    { topic: "nope", partition: 0, error: "UNKNOWN_TOPIC_OR_PARTITION", message: "No such topic as nope" },
    { topic: "t", partition: 7, error: "UNKNOWN_TOPIC_OR_PARTITION", message: "No such partition as t-7" },
    { topic: "t", partition: 0, error: "NONE", message: null },
  ]);
});

describe("the periodic balance", () => {
  test("moves leaders back to their first replicas, as many at a time as it may, and the rest in the next round", () => {
    const quorum = Quorum.with([1, 2], { leaderBalanceIntervalMs: 10_000, limits: { maxElectionsPerBalance: 2 } });
    quorum.createTopic("t", {
      replicas: [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    });
    const before = quorum.now.monotonicUs;
    quorum.expire(1);
    quorum.join(1);
    for (const partition of [0, 1, 2]) quorum.alter([1, 2], { partition });
    const led = () => [0, 1, 2].filter((partition) => quorum.partition("t", partition).leader === 1).length;
    expect(led()).toBe(0);
    const live = (ms: number): void => {
      for (let at = 0; at < ms; at += 500) {
        for (const id of [1, 2]) quorum.heartbeat(id);
        quorum.advance(500);
      }
    };
    live(10_000 - (quorum.now.monotonicUs - before) / 1000);
    expect(led()).toBe(2);
    live(10_000);
    expect(led()).toBe(3);
    expect(quorum.traces.filter((event) => event.kind === "leader-elected" && event.because.startsWith("periodic balance")).length).toBe(3);
  });

  test("is off without an interval, and ends with the leadership", () => {
    expect(Quorum.with([]).controller.nextDeadlineUs).toBeUndefined();
    const quorum = Quorum.with([], { leaderBalanceIntervalMs: 10_000 });
    expect(quorum.controller.nextDeadlineUs).toBe(10_000_000);
    quorum.depose(0);
    expect(quorum.controller.nextDeadlineUs).toBeUndefined();
  });
});
