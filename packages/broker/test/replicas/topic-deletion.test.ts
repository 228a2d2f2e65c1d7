import { ErrorCode } from "@samsa/protocol";
import type { MetadataRecord } from "@samsa/metadata";
import { encodeUtf8, leaderEpoch, NO_NODE, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { RECOVERIES_AT_A_TIME } from "../../src/replicas/log-recoveries.ts";
import { fetchRequest, type ProduceChanges, produceRequest } from "../support/requests.ts";
import { TestBroker, type TestClient, TOPIC, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const VERSION = 9;
const REMOVED: MetadataRecord = { type: "remove-topic", topicId: TOPIC_ID };
const OTHER_ID = "AAAAAAAAAAAAAAAAAAAACQ";
const again = (id = OTHER_ID): MetadataRecord[] => topicRecords({ id });

/** More logs than are read at a time: places that are not given back are missed. */
const MANY = Array.from({ length: RECOVERIES_AT_A_TIME + 1 }, () => [1]);

const errorOf = (client: TestClient, changes: ProduceChanges = {}) =>
  client.call("Produce", VERSION, produceRequest(VERSION, changes)).responses[0]?.partitionResponses[0]?.errorCode;
const filesOf = (host: TestBroker, directory = `${TOPIC}-0`) => [...host.disk.files.keys()].filter((path) => path.startsWith(`${directory}/`)).sort();
const hosted = (host: TestBroker) => [...host.broker.replicas.all()].map(({ topic, partition }) => `${topic}-${partition}`);

describe("A topic that is deleted", () => {
  it("is unknown at once, and its files go", () => {
    const host = TestBroker.serving();
    const client = host.client();
    expect(errorOf(client)).toBe(0);
    expect(filesOf(host)).not.toEqual([]);
    host.commit([REMOVED]);
    expect(errorOf(client)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect([hosted(host), filesOf(host), host.exits]).toEqual([[], [], []]);
  });

  it("answers who waits for its records, and who waits for an acknowledgement", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    const [consumer, producer] = [host.client(), host.client()];
    consumer.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 60_000, minBytes: 1 }));
    producer.ask("Produce", VERSION, produceRequest(VERSION, { acks: -1 }));
    expect([consumer.answers.length, producer.answers.length]).toEqual([0, 0]);
    host.commit([REMOVED]);
    expect([consumer.answers.length, producer.answers.length]).toEqual([1, 1]);
    expect([host.broker.fetchPurgatory.size, host.broker.producePurgatory.size]).toEqual([0, 0]);
  });

  it("is no more followed", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) });
    host.pass(0);
    host.connectDialled();
    host.commit([REMOVED]);
    expect(hosted(host)).toEqual([]);
    expect(host.closed).toHaveLength(1);
    expect(filesOf(host)).toEqual([]);
  });

  it("leaves its name to another one, which begins empty, also in the same batch (P24)", () => {
    const host = TestBroker.serving();
    const client = host.client();
    for (let n = 0; n < 3; n++) errorOf(client);
    host.commit([REMOVED, ...again()]);
    expect(errorOf(client)).toBe(0);
    const [replica] = [...host.broker.replicas.all()];
    expect([replica?.topicId, replica?.log.appendedEnd]).toEqual([OTHER_ID, 1]);
  });

  it("keeps its directory until the last file is gone: who has its name waits, and counts as not read", () => {
    const host = TestBroker.serving();
    const client = host.client();
    host.disk.isHeld = true;
    client.ask("Produce", VERSION, produceRequest(VERSION, { acks: 1 }));
    host.commit([REMOVED]);
    host.commit(again());
    expect([hosted(host), host.broker.replicas.isRecovering, host.broker.appliedIndex]).toEqual([[], true, 0]);
    host.releaseDisk();
    expect([hosted(host), host.broker.replicas.isRecovering]).toEqual([[`${TOPIC}-0`], false]);
    expect([...host.broker.replicas.all()][0]?.log.appendedEnd).toBe(0);
    expect(host.exits).toEqual([]);
  });

  it("and created and deleted again before its directory was free leaves nothing behind", () => {
    const host = TestBroker.serving();
    host.disk.isHeld = true;
    host.commit([REMOVED]);
    host.commit(again());
    host.commit([{ type: "remove-topic", topicId: uuid(OTHER_ID) }]);
    host.releaseDisk();
    expect([hosted(host), host.broker.replicas.isRecovering, filesOf(host)]).toEqual([[], false, []]);
  });

  it("while its log is read is not read to its end", () => {
    const host = TestBroker.serving({ topics: [] });
    host.disk.isHeld = true;
    host.commit(topicRecords());
    host.commit([REMOVED]);
    host.releaseDisk();
    expect([hosted(host), host.broker.replicas.isRecovering, filesOf(host)]).toEqual([[], false, []]);
  });

  it("while as many of its logs are read as can be gives their places to other topics", () => {
    const host = TestBroker.serving({ topics: [] });
    host.disk.isHeld = true;
    host.commit(topicRecords({ partitions: MANY }));
    host.commit([REMOVED]);
    host.commit(topicRecords({ name: "next", id: OTHER_ID }));
    host.releaseDisk();
    expect([hosted(host), host.broker.replicas.isRecovering]).toEqual([["next-0"], false]);
  });
});

describe("A broker that was down meanwhile", () => {
  /** On the disk of one that held these topics. */
  const restarted = (before: readonly MetadataRecord[], now: readonly MetadataRecord[], prepare?: (host: TestBroker) => void): TestBroker => {
    const first = TestBroker.serving({ brokers: [1, 2], topics: before });
    errorOf(first.client());
    prepare?.(first);
    const host = new TestBroker();
    for (const [path, bytes] of first.disk.files) host.disk.files.set(path, bytes);
    host.open([1, 2], now);
    return host;
  };

  const KEPT = topicRecords({ name: "kept", id: OTHER_ID, partitions: [[2, 1]] });

  const ASIDE = `${TOPIC}.${TOPIC_ID}-0-stray`;
  const STRAY = { kind: "stray-log", path: `${TOPIC}-0`, topicId: TOPIC_ID, movedTo: ASIDE };
  const filesAside = [`${ASIDE}/00000000000000000000.log`, `${ASIDE}/leader-epoch-checkpoint`, `${ASIDE}/partition.metadata`];

  it("sets aside what is left of a topic that the metadata do not know, every file of it (KAFKA-14616)", () => {
    const host = restarted([...topicRecords(), ...KEPT], KEPT);
    expect([filesOf(host), filesOf(host, ASIDE), hosted(host)]).toEqual([[], filesAside, ["kept-0"]]);
    expect(host.disk.files.get(filesAside[0] ?? "")?.length).toBeGreaterThan(0);
    expect(filesOf(host, "kept-0")).not.toEqual([]);
    expect(host.traces.filter(({ kind }) => kind === "stray-log")).toEqual([STRAY]);
    const next = new TestBroker();
    for (const [path, bytes] of host.disk.files) next.disk.files.set(path, bytes);
    next.open([1, 2], KEPT);
    expect([filesOf(next, ASIDE), next.traces.filter(({ kind }) => kind === "stray-log")]).toEqual([filesAside, []]);
  });

  it("begins anew where the topic was created again under its name, and keeps the old one's records aside", () => {
    const host = restarted(topicRecords(), again());
    expect([filesOf(host, ASIDE), host.traces.filter(({ kind }) => kind === "stray-log")]).toEqual([filesAside, [STRAY]]);
    expect([...host.broker.replicas.all()].map(({ topicId, log }) => [topicId, log.appendedEnd, log.isReady])).toEqual([[OTHER_ID, 0, true]]);
    expect(errorOf(host.client())).toBe(0);
    expect(host.exits).toEqual([]);
  });

  it("begins anew with as many partitions as there are", () => {
    const host = restarted(topicRecords({ partitions: MANY }), topicRecords({ id: OTHER_ID, partitions: MANY }));
    expect([...host.broker.replicas.all()].filter(({ topicId, log }) => topicId === OTHER_ID && log.isReady)).toHaveLength(MANY.length);
    expect(host.broker.replicas.isRecovering).toBe(false);
  });

  it("leaves alone what does not say whose it is, and the log of the metadata", () => {
    const host = restarted(topicRecords(), [], (first) => {
      first.disk.files.set("mine-0/notes.txt", encodeUtf8("keep"));
      first.disk.files.set("mine-1/partition.metadata", encodeUtf8("keep"));
      first.disk.files.set("__cluster_metadata-0/partition.metadata", encodeUtf8(`version: 0\ntopic_id: ${OTHER_ID}\n`));
    });
    const others = [...host.disk.files.keys()].filter((path) => !path.startsWith(ASIDE)).sort();
    expect(others).toEqual(["__cluster_metadata-0/partition.metadata", "mine-0/notes.txt", "mine-1/partition.metadata"]);
  });
});

it("A replica that is reassigned away is stopped and deleted", () => {
  const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
  const state = { leader: nodeId(2), leaderEpoch: leaderEpoch(1), partitionEpoch: partitionEpoch(1), isr: [nodeId(2)], elr: [], lastKnownLeader: NO_NODE };
  const assignment = { replicas: [nodeId(2)], addingReplicas: [], removingReplicas: [] };
  host.commit([{ type: "partition-change", topicId: TOPIC_ID, partition: 0, assignment, ...state }]);
  expect([hosted(host), filesOf(host)]).toEqual([[], []]);
});

it("Partitions that are added are served", () => {
  const host = TestBroker.serving();
  const [, added] = topicRecords({ partitions: [[1], [1]] }).filter((record) => record.type === "partition");
  if (added === undefined) throw new Error("no second partition");
  host.commit([added]);
  expect(hosted(host)).toEqual([`${TOPIC}-0`, `${TOPIC}-1`]);
  expect(errorOf(host.client(), { partition: 1 })).toBe(0);
});

describe("Configs that are altered", () => {
  const set = (resourceType: "topic" | "broker", resourceName: string, key: string, value: string | null): MetadataRecord => ({
    type: "config",
    resourceType,
    resourceName,
    key,
    value,
  });

  it("hold from the next append on: the topic's, else this broker's, else the cluster's, else the file's", () => {
    const host = TestBroker.serving();
    const client = host.client();
    expect(errorOf(client)).toBe(0);
    host.commit([set("broker", "", "message.max.bytes", "10")]);
    expect(errorOf(client)).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    host.commit([set("broker", "1", "message.max.bytes", "100000")]);
    expect(errorOf(client)).toBe(0);
    host.commit([set("topic", TOPIC, "max.message.bytes", "10")]);
    expect(errorOf(client)).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    host.commit([set("topic", TOPIC, "max.message.bytes", null), set("broker", "1", "message.max.bytes", null)]);
    expect(errorOf(client)).toBe(ErrorCode.MESSAGE_TOO_LARGE);
    host.commit([set("broker", "", "message.max.bytes", null)]);
    expect(errorOf(client)).toBe(0);
  });

  it("of the minimum reach a leader at once, though its partition has not changed", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    const client = host.client();
    const { replica } = [...host.broker.replicas.all()][0] ?? {};
    expect(replica?.effectiveMinIsr).toBe(1);
    host.commit([set("broker", "", "min.insync.replicas", "2")]);
    expect(replica?.effectiveMinIsr).toBe(2);
    host.commit([set("topic", TOPIC, "min.insync.replicas", "1")]);
    expect([replica?.effectiveMinIsr, errorOf(client, { acks: 1 })]).toEqual([1, 0]);
  });
});
