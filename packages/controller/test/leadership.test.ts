import { brokerEpoch, nodeId, ZERO_UUID } from "@samsa/stdx";
import { imageHash, imageToRecords, SnapshotReader, SUPPORTED_FEATURES } from "@samsa/metadata";
import { expect, test } from "vitest";
import { incarnation, Quorum, SESSION_MS } from "./support/quorum.ts";

const REGISTER = {
  type: "register-broker",
  brokerId: nodeId(2),
  incarnationId: incarnation(1),
  endpoints: [],
  controlEndpoint: { host: "localhost", port: 1 },
  rack: null,
  pageCacheSurvived: true,
  directoryId: ZERO_UUID,
  features: SUPPORTED_FEATURES,
} as const;

test("R25: a new leader decides nothing before the barrier of its own epoch is committed", () => {
  const quorum = new Quorum();
  quorum.holdsCommits = true;
  quorum.elect();
  expect(quorum.controller.isActive).toBe(false);
  expect(quorum.ask(REGISTER)).toMatchObject({ error: "NOT_CONTROLLER" });
  quorum.commitOne();
  expect(quorum.controller.isActive).toBe(true);
});

test("an entry of an earlier epoch does not make a new leader active", () => {
  const quorum = Quorum.with([1]);
  quorum.holdsCommits = true;
  const token = quorum.send(REGISTER);
  quorum.depose(1);
  expect(quorum.replies.get(token)).toMatchObject({ error: "NOT_CONTROLLER" });
  quorum.startTerm();
  quorum.commitOne();
  expect([quorum.controller.isActive, quorum.controller.image.brokers.size]).toEqual([false, 2]);
  quorum.commitOne();
  expect([quorum.controller.isActive, quorum.controller.epoch]).toEqual([true, 3]);
  expect(quorum.ask(REGISTER)).toMatchObject({ error: "NONE", brokerEpoch: 1 });
});

test("a leader that learns of its barrier before its election is active at once", () => {
  const quorum = new Quorum();
  quorum.controller.committed({ index: 1, epoch: 4, records: [] }, quorum.now);
  quorum.controller.becameLeader(4, quorum.now);
  expect(quorum.controller.isActive).toBe(true);
});

test("a standby answers NOT_CONTROLLER to every type of request, and asks for no deadline", () => {
  const quorum = new Quorum();
  const base = { brokerId: nodeId(2), brokerEpoch: brokerEpoch(0) };
  expect(quorum.ask(REGISTER).error).toBe("NOT_CONTROLLER");
  expect(quorum.ask({ type: "broker-heartbeat", ...base, appliedIndex: 0, wantsShutdown: false }).error).toBe("NOT_CONTROLLER");
  expect(quorum.ask({ type: "create-topics", topics: [], validateOnly: false }).error).toBe("NOT_CONTROLLER");
  expect(quorum.ask({ type: "alter-partition", ...base, partitions: [] }).error).toBe("NOT_CONTROLLER");
  expect(quorum.ask({ type: "allocate-producer-ids", ...base }).error).toBe("NOT_CONTROLLER");
  expect(quorum.controller.nextDeadlineUs).toBeUndefined();
});

test("C03: nobody sees what is not committed, and what is lost is dropped", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.holdsCommits = true;
  const topics = [{ name: "t", partitionCount: 1, replicationFactor: 3, assignments: [], configs: new Map<string, string>() }];
  const token = quorum.send({ type: "create-topics", topics, validateOnly: false });
  expect(quorum.controller.image.topicByName("t")).toBeUndefined();
  expect(quorum.replies.get(token)).toBeUndefined();
  quorum.depose(0);
  expect(quorum.replies.get(token)).toEqual({ type: "create-topics", error: "NOT_CONTROLLER", topics: [] });
  quorum.holdsCommits = false;
  quorum.elect();
  expect(quorum.createTopic("t").error).toBe("NONE");
});

test("later commands decide on what is pending", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.holdsCommits = true;
  const topics = [{ name: "t", partitionCount: 1, replicationFactor: 3, assignments: [], configs: new Map<string, string>() }];
  const tokens = [1, 2].map(() => quorum.send({ type: "create-topics", topics, validateOnly: false }));
  expect(tokens.map((token) => quorum.replies.get(token))).toEqual([undefined, undefined]);
  quorum.commitOne();
  const errors = tokens.map((token) => quorum.replies.get(token)).map((reply) => (reply?.type === "create-topics" ? reply.topics[0]?.error : undefined));
  expect(errors).toEqual(["NONE", "TOPIC_ALREADY_EXISTS"]);
});

test("C05: an entry of a newer epoch ends a leadership, whatever Raft says later", () => {
  const quorum = Quorum.with([1]);
  quorum.controller.committed({ index: quorum.entries.length + 1, epoch: 9, records: [] }, quorum.now);
  expect(quorum.controller.isActive).toBe(false);
  expect(quorum.ask(REGISTER).error).toBe("NOT_CONTROLLER");
});

test("entries whose epochs fall are no log of ours", () => {
  const quorum = Quorum.with([1]);
  expect(() => quorum.controller.committed({ index: quorum.entries.length + 1, epoch: 0, records: [] }, quorum.now)).toThrow(
    "epochs of committed entries never fall",
  );
});

test("requests beyond the bound are answered REQUEST_TIMED_OUT at once", () => {
  const quorum = Quorum.with([1], { limits: { maxWaitingRequests: 2 } });
  quorum.holdsCommits = true;
  const errors = [2, 3, 4].map((id) => quorum.replies.get(quorum.send({ ...REGISTER, brokerId: nodeId(id) }))?.error);
  expect(errors).toEqual([undefined, undefined, "REQUEST_TIMED_OUT"]);
});

test("the first controller settles min.insync.replicas for all nodes, and no later one does", () => {
  const quorum = Quorum.with([]);
  expect(quorum.controller.image.brokerConfig("default").get("min.insync.replicas")).toBe("2");
  const entries = quorum.entries.length;
  quorum.depose(0);
  quorum.elect();
  expect(quorum.entries.length).toBe(entries + 1);
});

test("the story is told once it is committed, by the active controller", () => {
  const quorum = Quorum.with([1, 2, 3]);
  quorum.createTopic("t", { replicas: [[1, 2, 3]] });
  quorum.traces.length = 0;
  quorum.holdsCommits = true;
  quorum.advance(SESSION_MS);
  expect(quorum.traces).toEqual([]);
  quorum.commitOne();
  expect(quorum.traces).toEqual([
    { kind: "broker-fenced", broker: 1, epoch: 0, because: "session timed out" },
    { kind: "leader-elected", topic: "t", partition: 0, leader: 2, leaderEpoch: 1, isr: [2, 3], because: "session timed out; from the ISR" },
    { kind: "isr-changed", topic: "t", partition: 0, isr: [2, 3], leaderEpoch: 1, partitionEpoch: 1, because: "session timed out" },
  ]);
});

test("producer ids come in blocks that never overlap, also across a change of controllers", () => {
  const quorum = Quorum.with([1, 2]);
  const allocate = (id: number, epoch: number = quorum.brokerEpoch(id)) =>
    quorum.ask({ type: "allocate-producer-ids", brokerId: nodeId(id), brokerEpoch: brokerEpoch(epoch) });
  expect(allocate(1)).toMatchObject({ error: "NONE", firstProducerId: 0, count: 1000 });
  quorum.depose(0);
  quorum.elect();
  expect(allocate(2)).toMatchObject({ error: "NONE", firstProducerId: 1000, count: 1000 });
  expect(allocate(2, 0)).toMatchObject({ error: "STALE_BROKER_EPOCH" });
  expect(allocate(7, 0)).toMatchObject({ error: "BROKER_ID_NOT_REGISTERED" });
});

test("a snapshot takes the place of entries that a standby lacks: it says what is different, and the node may lead from there", () => {
  const source = Quorum.with([1, 2, 3]);
  source.createTopic("t", { replicas: [[1, 2, 3]] });
  const reader = new SnapshotReader();
  for (const chunk of imageToRecords(source.controller.image)) reader.add(chunk);
  const behind = new Quorum();
  for (const entry of source.entries.slice(0, 4)) behind.controller.committed(entry, behind.now);
  const changes = behind.controller.restored(reader.finish(source.controller.image.index), 1, behind.now);
  expect([...changes.changedTopics.keys()]).toEqual([source.topicId("t")]);
  expect(imageHash(behind.controller.image)).toBe(imageHash(source.controller.image));
  behind.controller.committed({ index: source.entries.length + 1, epoch: 5, records: [] }, behind.now);
  behind.controller.becameLeader(5, behind.now);
  expect(behind.controller.isActive).toBe(true);
});

test("C04: an entry that can't be replayed ends the controller: it must not go on with another image than the others", () => {
  const quorum = Quorum.with([1]);
  const removal = { type: "remove-topic", topicId: ZERO_UUID } as const;
  const entry = { index: quorum.entries.length + 1, epoch: 1, records: [removal] };
  expect(() => quorum.controller.committed(entry, quorum.now)).toThrow("exists before it is removed");
});
