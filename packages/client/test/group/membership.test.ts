import { ErrorCode, type ErrorName } from "@samsa/protocol";
import { describe, expect, it } from "vitest";
import { decodeSubscription, encodeAssignment, encodeSubscription, type GroupConsumerOptions } from "../../src/index.ts";
import { TOPIC } from "../harness.ts";
import { groupHarness } from "./group-harness.ts";

const place = (partition: number) => ({ topic: TOPIC, partition });
const both = [place(0), place(1)];
const COOPERATIVE = { partitionAssignmentStrategy: ["cooperative-sticky"] } as const;

describe("a member whose join or sync is refused", () => {
  it.each<["JoinGroup" | "SyncGroup", ErrorName]>([
    ["JoinGroup", "COORDINATOR_LOAD_IN_PROGRESS"],
    ["JoinGroup", "COORDINATOR_NOT_AVAILABLE"],
    ["JoinGroup", "NOT_COORDINATOR"],
    ["JoinGroup", "REBALANCE_IN_PROGRESS"],
    ["JoinGroup", "UNKNOWN_MEMBER_ID"],
    ["SyncGroup", "COORDINATOR_LOAD_IN_PROGRESS"],
    ["SyncGroup", "COORDINATOR_NOT_AVAILABLE"],
    ["SyncGroup", "NOT_COORDINATOR"],
    ["SyncGroup", "REBALANCE_IN_PROGRESS"],
    ["SyncGroup", "ILLEGAL_GENERATION"],
    ["SyncGroup", "UNKNOWN_MEMBER_ID"],
  ])("tries %s again after %s", (api, error) => {
    const { world, coordinator, member } = groupHarness();
    coordinator.refuse(api, error);
    world.runFor(3_000);
    expect(member.consumer.assignment).toEqual(both);
    expect(member.told("group-failed")).toEqual([]);
  });

  it.each<["JoinGroup" | "SyncGroup" | "Heartbeat" | "FindCoordinator" | "OffsetFetch", ErrorName]>([
    ["FindCoordinator", "GROUP_AUTHORIZATION_FAILED"],
    ["FindCoordinator", "INVALID_GROUP_ID"],
    ["JoinGroup", "FENCED_INSTANCE_ID"],
    ["JoinGroup", "GROUP_AUTHORIZATION_FAILED"],
    ["JoinGroup", "GROUP_MAX_SIZE_REACHED"],
    ["JoinGroup", "INCONSISTENT_GROUP_PROTOCOL"],
    ["JoinGroup", "INVALID_SESSION_TIMEOUT"],
    ["JoinGroup", "UNKNOWN_SERVER_ERROR"],
    ["SyncGroup", "FENCED_INSTANCE_ID"],
    ["SyncGroup", "GROUP_AUTHORIZATION_FAILED"],
    ["SyncGroup", "INCONSISTENT_GROUP_PROTOCOL"],
    ["Heartbeat", "FENCED_INSTANCE_ID"],
    ["Heartbeat", "GROUP_AUTHORIZATION_FAILED"],
    ["OffsetFetch", "GROUP_AUTHORIZATION_FAILED"],
  ])("ends with %s's %s, and holds nothing", (api, error) => {
    const { world, coordinator, member } = groupHarness();
    coordinator.refuse(api, error);
    world.runFor(2_000);
    expect(member.told("group-failed")).toEqual([{ type: "group-failed", error }]);
    expect(member.consumer.assignment).toEqual([]);
    const asked = coordinator.asked.length;
    world.runFor(2_000);
    expect(coordinator.asked.length).toBe(asked);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(100);
    expect(member.events.at(-1)).toEqual({ type: "closed" });
  });

  it.each<["JoinGroup" | "SyncGroup", ErrorName]>([
    ["JoinGroup", "UNKNOWN_MEMBER_ID"],
    ["JoinGroup", "REBALANCE_IN_PROGRESS"],
    ["JoinGroup", "MEMBER_ID_REQUIRED"],
    ["SyncGroup", "UNKNOWN_MEMBER_ID"],
    ["SyncGroup", "ILLEGAL_GENERATION"],
    ["SyncGroup", "REBALANCE_IN_PROGRESS"],
  ])("does not ask without pause where %s gets %s again and again", (api, error) => {
    const { world, coordinator, member } = groupHarness();
    coordinator.refuse(api, ...Array.from({ length: 1_000 }, () => error));
    world.runFor(5_000);
    expect([member.consumer.assignment, coordinator.requestsOf(api).length > 4, coordinator.requestsOf(api).length < 20]).toEqual([[], true, true]);
  });

  it("looks for the coordinator anew when it does not answer, and joins again", () => {
    const { world, coordinator, member } = groupHarness({ maxPollIntervalMs: 500 });
    coordinator.silent.add("JoinGroup");
    world.after(800, () => coordinator.silent.clear());
    world.runFor(6_000);
    expect(member.consumer.assignment).toEqual(both);
    expect(coordinator.requestsOf("FindCoordinator").length).toBeGreaterThan(1);
  });

  it("finds the coordinator that has moved to another broker", () => {
    const { world, coordinator, member } = groupHarness();
    world.runFor(500);
    coordinator.broker = 2;
    world.runFor(1_000);
    expect(member.told("lost")).toEqual([]);
    expect(coordinator.asked.at(-1)).toMatchObject({ api: "Heartbeat", broker: 2 });
    world.breakAll();
    world.runFor(2_000);
    expect([member.told("lost"), member.consumer.assignment]).toEqual([[], both]);
  });

  it("fails where a broker knows no static members, and says so", () => {
    const { world, cluster, member } = groupHarness({ groupInstanceId: "instance" });
    cluster.maxVersions.set("JoinGroup", 4);
    world.runFor(500);
    expect(member.told("group-failed")).toEqual([{ type: "group-failed", error: "UNSUPPORTED_VERSION" }]);
  });
});

describe("a member that the coordinator forgets", () => {
  it.each<ErrorName>(["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"])("loses what it holds by a heartbeat's %s, and joins again", (error) => {
    const { world, coordinator, member } = groupHarness();
    world.runFor(500);
    coordinator.refuse("Heartbeat", error);
    world.runFor(1_000);
    expect(member.told("lost")).toMatchObject([{ partitions: both, error }]);
    expect(member.told("revoking")).toEqual([]);
    expect(member.told("assigned").length).toBe(2);
    // Of a generation that is over the id stays its own; one that is unknown gets another.
    const ids = coordinator.requestsOf("JoinGroup").map(({ memberId }) => memberId);
    expect(ids.slice(2)).toEqual(error === "ILLEGAL_GENERATION" ? ["member-1"] : ["", "member-2"]);
  });

  it("keeps what it holds while heartbeats fail in ways that pass", () => {
    const { world, coordinator, member } = groupHarness();
    world.runFor(500);
    coordinator.refuse("Heartbeat", "COORDINATOR_LOAD_IN_PROGRESS", "NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "REQUEST_TIMED_OUT");
    world.runFor(3_000);
    expect([member.told("lost"), member.told("assigned").length]).toEqual([[], 1]);
  });

  it("tells of itself again with growing pauses while its coordinator is not ready", () => {
    const { world, coordinator, member } = groupHarness({ sessionTimeoutMs: 20_000 });
    world.runFor(500);
    const before = coordinator.requestsOf("Heartbeat").length;
    coordinator.refuse("Heartbeat", ...Array.from({ length: 100 }, (): ErrorName => "COORDINATOR_LOAD_IN_PROGRESS"));
    world.runFor(5_000);
    expect(coordinator.requestsOf("Heartbeat").length - before).toBeLessThan(12);
    expect(member.told("lost")).toEqual([]);
  });

  it.each<["Heartbeat" | "OffsetCommit"]>([["Heartbeat"], ["OffsetCommit"]])("is not ended by the answer to a %s of who it was before that", (late) => {
    const early = late === "Heartbeat" ? "OffsetCommit" : "Heartbeat";
    const failures: unknown[] = [];
    let wasCrossed = false;
    for (let ms = 90; ms < 115; ms++) {
      const { world, coordinator, member } = groupHarness({ groupInstanceId: "instance" });
      world.runUntil(() => coordinator.requestsOf("Heartbeat").length > 0, 1_000);
      coordinator.refuse(early, "UNKNOWN_MEMBER_ID");
      coordinator.refuse(late, "FENCED_INSTANCE_ID");
      world.act(ms, (now) => member.consumer.commit([{ ...place(0), offset: 1 }], now));
      const before = coordinator.asked.length;
      world.runFor(500);
      const [first, second] = coordinator.asked.slice(before).map(({ api }) => api);
      // Which of the two is asked first is the network's; here the one that learns that the member is unknown, and the other before that is known.
      if (first !== early || second !== late) continue;
      wasCrossed = true;
      failures.push(...member.told("group-failed"));
    }
    expect([wasCrossed, failures]).toEqual([true, []]);
  });

  it("looks for its coordinator anew after a session without a good answer", () => {
    const { world, coordinator, member } = groupHarness({ sessionTimeoutMs: 400 });
    world.runFor(500);
    const before = coordinator.requestsOf("FindCoordinator").length;
    coordinator.silent.add("Heartbeat");
    // Sooner than the request has taken too long.
    world.runFor(800);
    expect(coordinator.requestsOf("FindCoordinator").length).toBeGreaterThan(before);
    expect(member.consumer.assignment).toEqual(both);
  });

  it("takes no notice of a heartbeat's answer that is of the generation before", () => {
    const { world, coordinator, member } = groupHarness(COOPERATIVE);
    world.runFor(500);
    coordinator.rebalance();
    world.runFor(1_000);
    expect(member.told("assigned").map(({ generationId }) => generationId)).toEqual([1, 2]);
    expect(member.told("lost")).toEqual([]);
  });
});

describe("a rebalance", () => {
  it("waits until the program has finished with what it gives up, and for its commits", () => {
    const { world, coordinator, member, append } = groupHarness();
    member.finishesRevocations = false;
    append(0, "a");
    world.runFor(500);
    coordinator.rebalance();
    world.runFor(500);
    const [revoking] = member.told("revoking");
    expect(revoking?.partitions).toEqual(both);
    append(0, "b");
    world.runFor(300);
    expect([member.read(), coordinator.requestsOf("JoinGroup").length]).toEqual([["a"], 2]);
    coordinator.refuse("OffsetCommit", "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_LOAD_IN_PROGRESS");
    world.act(0, (now) => {
      member.consumer.commitPositions(now);
      member.consumer.finishRevocation(revoking?.revocation ?? -1, now);
    });
    world.runFor(100);
    expect(coordinator.requestsOf("JoinGroup").length).toBe(2);
    world.runFor(1_000);
    expect(coordinator.requestsOf("JoinGroup").length).toBe(3);
    expect(member.events.map(({ type }) => type).filter((type) => type === "committed" || type === "assigned")).toEqual(["assigned", "committed", "assigned"]);
    expect(member.read()).toEqual(["a", "b"]);
  });

  it("waits for what was committed before the program had finished, not for what is committed on and on after it", () => {
    const { world, coordinator, member, addMember, everyTurn } = groupHarness({ ...COOPERATIVE });
    world.runFor(500);
    // There is never a moment without a commit.
    let asked = 0;
    everyTurn((now) => {
      const [kept] = member.consumer.assignment;
      for (; kept !== undefined && asked - member.told("committed").length - member.told("commit-failed").length < 3; asked++)
        member.consumer.commit([{ ...kept, offset: 1 }], now);
    });
    const other = addMember();
    world.runFor(2_500);
    expect(coordinator.requestsOf("OffsetCommit").length).toBeGreaterThan(100);
    expect([...member.consumer.assignment, ...other.consumer.assignment].length).toBe(2);
    expect(other.consumer.assignment.length).toBe(1);
  });

  it.each<[string, Partial<GroupConsumerOptions>]>([
    ["eager", {}],
    ["cooperative", COOPERATIVE],
  ])("that is %s is lost by a program that polls and does not finish for max.poll.interval.ms", (_kind, options) => {
    const { world, coordinator, member, addMember } = groupHarness({ maxPollIntervalMs: 800, ...options });
    member.finishesRevocations = false;
    world.runFor(500);
    const other = addMember();
    world.runUntil(() => member.told("revoking").length > 0, 1_000);
    world.runFor(700);
    expect(member.told("lost")).toEqual([]);
    member.finishesRevocations = true;
    world.runFor(300);
    expect(member.told("lost")).toMatchObject([{ error: "MAX_POLL_INTERVAL_EXCEEDED" }]);
    expect(coordinator.requestsOf("LeaveGroup").length).toBe(1);
    // It polls, and so comes back.
    world.runFor(3_000);
    expect([member.consumer.assignment.length, other.consumer.assignment.length]).toEqual([1, 1]);
  });

  it("is gone through by who does not finish until the coordinator goes on without it: then all is lost", () => {
    const { world, coordinator, member } = groupHarness();
    member.finishesRevocations = false;
    world.runFor(500);
    coordinator.rebalance();
    world.runFor(500);
    coordinator.expel("member-1");
    world.runFor(500);
    expect(member.told("lost")).toMatchObject([{ partitions: both, error: "UNKNOWN_MEMBER_ID" }]);
    expect(member.told("assigned").length).toBe(2);
    // Finishing with what is lost already is of no account.
    const [revoking] = member.told("revoking");
    world.act(0, (now) => member.consumer.finishRevocation(revoking?.revocation ?? -1, now));
    world.runFor(300);
    expect(member.consumer.assignment).toEqual(both);
  });

  it("is cooperative where all of its strategies are: it keeps reading, gives up what goes to another, and joins once more (KIP-429)", () => {
    const { world, coordinator, member, addMember, append } = groupHarness(COOPERATIVE);
    world.runFor(500);
    const other = addMember();
    world.runFor(1_500);
    append(0, "a");
    append(1, "b");
    world.runFor(500);
    const revoked = member.told("revoking").flatMap(({ partitions }) => partitions);
    expect(revoked.length).toBe(1);
    expect([...member.consumer.assignment, ...other.consumer.assignment].length).toBe(2);
    expect(other.consumer.assignment).toEqual(revoked);
    expect([...member.read(), ...other.read()].sort()).toEqual(["a", "b"]);
    // What it kept was told to the group as its own, and to the program only once.
    const subscriptions = coordinator.requestsOf("JoinGroup").map(({ protocols }) => decodeSubscription(protocols[0]?.metadata ?? new Uint8Array(0)));
    expect(subscriptions.some((subscription) => subscription?.ownedPartitions.length === 2 && subscription.generationId === 1)).toBe(true);
    expect(member.told("assigned").flatMap(({ partitions }) => partitions).length).toBe(2);
  });

  it("is eager where one of its strategies is, and says to own nothing", () => {
    const { world, coordinator, member } = groupHarness({ partitionAssignmentStrategy: ["cooperative-sticky", "range"] });
    world.runFor(500);
    coordinator.rebalance();
    world.runFor(500);
    expect(member.told("revoking").length).toBe(1);
    for (const { protocols } of coordinator.requestsOf("JoinGroup")) {
      expect(protocols.map(({ name }) => name)).toEqual(["cooperative-sticky", "range"]);
      expect(decodeSubscription(protocols[0]?.metadata ?? new Uint8Array(0))?.ownedPartitions).toEqual([]);
    }
  });

  it("begins when the leader finds that a topic has more partitions", () => {
    const { world, cluster, member, client } = groupHarness();
    world.runFor(500);
    const topic = cluster.topics.get(TOPIC);
    const [first] = topic?.partitions ?? [];
    if (first !== undefined) topic?.partitions.push({ ...first });
    // Somebody of the consumer's client asks for something new, and so for all metadata.
    void client;
    member.consumer.seek(TOPIC, 0, 0);
    cluster.moveLeader(TOPIC, 0, 2);
    world.runFor(2_000);
    expect(member.consumer.assignment.length).toBe(3);
  });

  it("begins when the leader finds that a topic was made anew, or is no more", () => {
    const { world, cluster, coordinator, member } = groupHarness();
    world.runFor(500);
    coordinator.offsets.set(`${TOPIC}-0`, 7);
    cluster.createTopic(TOPIC, 2);
    world.runFor(3_000);
    expect(member.told("assigned").map(({ generationId, partitions }) => [generationId, partitions.length])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    cluster.topics.delete(TOPIC);
    world.runFor(6_000);
    expect(member.consumer.assignment).toEqual([]);
    cluster.createTopic(TOPIC, 1);
    world.runFor(6_000);
    expect(member.consumer.assignment).toEqual([place(0)]);
  });

  it("begins when the program wants it", () => {
    const { world, member } = groupHarness();
    world.runFor(500);
    world.act(0, () => member.consumer.enforceRebalance());
    world.runFor(500);
    expect(member.told("assigned").map(({ generationId }) => generationId)).toEqual([1, 2]);
  });

  it("begins when the topics are others, and gives up those that are wanted no more", () => {
    const { world, cluster, member } = groupHarness(COOPERATIVE);
    cluster.createTopic("other", 1);
    world.runFor(500);
    world.act(0, (now) => member.consumer.subscribe(["other"], now));
    world.runFor(1_000);
    expect(member.told("revoking")).toMatchObject([{ partitions: both }]);
    expect(member.consumer.assignment).toEqual([{ topic: "other", partition: 0 }]);
  });
});

describe("a member whose program does not poll", () => {
  it("leaves its group, and comes back when it polls", () => {
    const { world, coordinator, member } = groupHarness({ maxPollIntervalMs: 1_000 });
    world.runFor(500);
    member.isPolling = false;
    world.runFor(1_500);
    expect([coordinator.memberIds, coordinator.requestsOf("LeaveGroup").length]).toEqual([[], 1]);
    expect(member.consumer.assignment).toEqual([]);
    world.runFor(1_000);
    expect(coordinator.memberIds).toEqual([]);
    member.isPolling = true;
    world.act(0, () => undefined);
    world.runFor(500);
    expect(member.told("lost")).toMatchObject([{ partitions: both, error: "MAX_POLL_INTERVAL_EXCEEDED" }]);
    expect(member.consumer.assignment).toEqual(both);
  });

  it("and that is static stays in the group, whose coordinator decides by its session", () => {
    const { world, coordinator, member } = groupHarness({ maxPollIntervalMs: 1_000, groupInstanceId: "instance" });
    world.runFor(500);
    member.isPolling = false;
    world.runFor(1_500);
    const beats = coordinator.requestsOf("Heartbeat").length;
    world.runFor(500);
    expect([coordinator.memberIds.length, coordinator.requestsOf("LeaveGroup").length]).toEqual([1, 0]);
    expect(coordinator.requestsOf("Heartbeat").length).toBe(beats);
  });
});

describe("a member that is closed", () => {
  it("gives up what it holds with its commits, and leaves", () => {
    const { world, coordinator, member, append } = groupHarness();
    member.finishesRevocations = false;
    append(0, "a");
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(100);
    const [revoking] = member.told("revoking");
    expect(coordinator.memberIds.length).toBe(1);
    world.act(0, (now) => {
      member.consumer.commitPositions(now);
      member.consumer.finishRevocation(revoking?.revocation ?? -1, now);
    });
    world.runFor(100);
    expect(member.events.slice(-2).map(({ type }) => type)).toEqual(["committed", "closed"]);
    expect([coordinator.memberIds, coordinator.offsets.get(`${TOPIC}-0`)]).toEqual([[], 1]);
    const asked = coordinator.asked.length;
    world.runFor(2_000);
    expect(coordinator.asked.length).toBe(asked);
  });

  it("does not leave if it is static", () => {
    const { world, coordinator, member } = groupHarness({ groupInstanceId: "instance" });
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(100);
    expect(member.events.at(-1)).toEqual({ type: "closed" });
    expect(coordinator.requestsOf("LeaveGroup")).toEqual([]);
  });

  it("does as it is told: a static one leaves under its instance's name, another one remains (KIP-1092)", () => {
    for (const [groupInstanceId, operation] of [
      ["instance", "leave"],
      [null, "remain"],
    ] as const) {
      const { world, coordinator, member } = groupHarness({ groupInstanceId });
      world.runFor(500);
      world.act(0, (now) => member.consumer.close(now, operation));
      world.runFor(100);
      expect(member.events.at(-1)).toEqual({ type: "closed" });
      const left = coordinator.requestsOf("LeaveGroup").flatMap(({ members }) => members);
      expect(left).toMatchObject(operation === "leave" ? [{ memberId: "member-1", groupInstanceId }] : []);
      expect(coordinator.memberIds.length).toBe(operation === "leave" ? 0 : 1);
    }
  });

  it("waits no longer than its time for a program that does not finish, and for a coordinator that does not answer", () => {
    const { world, coordinator, member } = groupHarness();
    member.finishesRevocations = false;
    coordinator.silent.add("LeaveGroup");
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(900);
    expect(member.told("closed")).toEqual([]);
    world.runFor(200);
    expect(member.events.slice(-2).map(({ type }) => type)).toEqual(["lost", "closed"]);
  });

  it("is closed at once where it never joined, and while it looks for a coordinator", () => {
    const { world, coordinator, member } = groupHarness();
    coordinator.silent.add("FindCoordinator");
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(10);
    expect(member.events).toEqual([{ type: "closed" }]);
  });

  it.each<["Heartbeat" | "OffsetCommit", ErrorName]>([
    ["Heartbeat", "FENCED_INSTANCE_ID"],
    ["Heartbeat", "GROUP_AUTHORIZATION_FAILED"],
    ["OffsetCommit", "GROUP_AUTHORIZATION_FAILED"],
  ])("is closed also where %s's %s comes while it gives up what it holds", (api, error) => {
    const { world, coordinator, member } = groupHarness();
    member.finishesRevocations = false;
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.runFor(10);
    coordinator.refuse(api, error);
    world.act(0, (now) => member.consumer.commit([{ ...place(0), offset: 1 }], now));
    world.runFor(300);
    expect(member.told("group-failed")).toEqual([{ type: "group-failed", error }]);
    expect(member.events.at(-1)).toEqual({ type: "closed" });
    const asked = coordinator.asked.length;
    world.runFor(2_000);
    expect([coordinator.asked.length, member.told("closed").length]).toEqual([asked, 1]);
  });

  it("is closed also where no coordinator is to be had any more while it gives up what it holds", () => {
    const { world, coordinator, member } = groupHarness();
    member.finishesRevocations = false;
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    coordinator.refuse("Heartbeat", "NOT_COORDINATOR");
    coordinator.refuse("FindCoordinator", "GROUP_AUTHORIZATION_FAILED");
    world.runFor(700);
    expect(member.events.slice(-3)).toMatchObject([{ type: "lost" }, { type: "group-failed", error: "GROUP_AUTHORIZATION_FAILED" }, { type: "closed" }]);
  });

  it("takes up nothing after it: neither a generation that was on its way nor topics", () => {
    const { world, coordinator, member } = groupHarness();
    coordinator.membersWanted = 2;
    world.runFor(500);
    world.act(0, (now) => member.consumer.close(now));
    world.act(1, (now) => member.consumer.subscribe(["other"], now));
    world.runFor(2_000);
    expect(member.events.map(({ type }) => type)).toEqual(["closed"]);
    expect(coordinator.memberIds).toEqual([]);
  });
});

it("a member that comes back under its instance's name takes the old one's place, and the old one is told so for good", () => {
  const { world, coordinator, member, addMember } = groupHarness({ groupInstanceId: "instance" });
  world.runFor(500);
  const next = addMember();
  world.runFor(100);
  coordinator.refuse("Heartbeat", "FENCED_INSTANCE_ID");
  world.runFor(1_000);
  const fenced = [member, next].filter(({ events }) => events.some(({ type }) => type === "group-failed"));
  expect(fenced.length).toBe(1);
  expect(fenced[0]?.consumer.assignment).toEqual([]);
});

it("a leader has all join again when nobody has taken up, for as long as that may take, what another was to give up (KIP-429, static members)", () => {
  const { world, coordinator, member } = groupHarness({ ...COOPERATIVE, maxPollIntervalMs: 1_000 });
  const metadata = encodeSubscription({ topics: [TOPIC], ownedPartitions: both, generationId: 0, rackId: null });
  coordinator.strangers = [{ memberId: "stranger", metadata }];
  world.runFor(900);
  expect([member.consumer.assignment, coordinator.requestsOf("JoinGroup").length]).toEqual([[], 2]);
  coordinator.strangers = [];
  world.runFor(700);
  expect([member.consumer.assignment, coordinator.requestsOf("JoinGroup").length]).toEqual([both, 3]);
});

it("a leader that has nothing to assign, as it came back, has all join again once: another may have left partitions to nobody (KIP-814)", () => {
  const { world, coordinator, member } = groupHarness({ ...COOPERATIVE, groupInstanceId: "instance", maxPollIntervalMs: 1_000 });
  coordinator.skipsAssignment = true;
  coordinator.assigns = encodeAssignment([place(0)]);
  world.runFor(900);
  expect([member.consumer.assignment, coordinator.requestsOf("JoinGroup").length]).toEqual([[place(0)], 1]);
  coordinator.skipsAssignment = false;
  coordinator.assigns = undefined;
  world.runFor(2_000);
  expect([member.consumer.assignment, coordinator.requestsOf("JoinGroup").length]).toEqual([both, 2]);
});

it("a leader gives nothing to a member whose subscription it can't read, and everything to the others", () => {
  const { world, coordinator, member } = groupHarness();
  coordinator.strangers = [{ memberId: "stranger", metadata: Uint8Array.of(0xff, 0xff, 1) }];
  world.runFor(500);
  expect(member.consumer.assignment).toEqual(both);
});

it("a topic that the member may not have is told once, as long as that is so, and the others are read", () => {
  const { world, cluster, member, append } = groupHarness();
  cluster.createTopic("secret", 1);
  cluster.topicErrors.set("secret", ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  world.act(0, (now) => member.consumer.subscribe([TOPIC, "secret"], now));
  append(0, "a");
  world.runFor(1_000);
  // There is something new to know, of others.
  cluster.moveLeader(TOPIC, 1, 2);
  world.runFor(4_000);
  expect([member.told("topic-error"), member.read()]).toEqual([[{ type: "topic-error", topic: "secret", error: "TOPIC_AUTHORIZATION_FAILED" }], ["a"]]);
  cluster.topicErrors.delete("secret");
  world.runFor(5_000);
  expect(member.consumer.assignment.length).toBe(3);
});

it("an assignment that can't be read ends the consumer", () => {
  const { world, coordinator, member } = groupHarness();
  coordinator.assigns = Uint8Array.of(0, 0, 0);
  world.runFor(500);
  expect(member.told("group-failed")).toEqual([{ type: "group-failed", error: "MALFORMED_RESPONSE" }]);
});

it("an assignment of topics that the member does not want makes it join again, after a pause", () => {
  const { world, coordinator, member } = groupHarness();
  coordinator.assigns = encodeAssignment([{ topic: "foreign", partition: 0 }]);
  world.runFor(1_000);
  const joins = coordinator.requestsOf("JoinGroup").length;
  expect([member.told("assigned"), joins > 3, joins < 12]).toEqual([[], true, true]);
  coordinator.assigns = undefined;
  world.runFor(2_000);
  expect(member.consumer.assignment).toEqual(both);
});
