import { type ApiInputs, type ApiName, ErrorCode } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { ZERO_UUID } from "@samsa/stdx";
import { combined, hostName, watchedCluster, type WatchedCluster } from "@samsa/simulator";
import { describe, expect, it } from "vitest";
import { ScriptedClient } from "../cluster/scripted-client.ts";

const FIRST_CLIENT = 110;

/**
 * Names that no topic may have: they would leave the log directory, be another directory's, or be none. Whatever carries one gets the error
 * that Apache Kafka 4.3 gives, asked by the same bytes.
 */
const WRONG_NAMES: readonly (readonly [what: string, name: string])[] = [
  ["a way upwards", "../../etc/passwd"],
  ["an absolute path", "/absolute"],
  ["a path below", "a/b"],
  ["a NUL", "a\u0000b"],
  ["the directory itself", "."],
  ["its parent", ".."],
  ["a backslash", "a\\b"],
  ["250 characters", "x".repeat(250)],
  ["nothing", ""],
  ["letters beyond ASCII", "ünïcode"],
  ["a space", "a b"],
  ["the end of a line", "a\n"],
];

/** One node that creates topics by itself, and its clients, one for each request. */
class OneNode {
  readonly running: WatchedCluster = watchedCluster({ seed: 1, shape: combined(1), properties: new Map([["auto.create.topics.enable", "true"]]) });
  private clients = 0;

  /** Every error code of the answer, the outer ones first. */
  codes<Name extends ApiName>(api: Name, version: number, request: ApiInputs[Name]["request"]): readonly number[] {
    const { cluster, world } = this.running;
    const client = new ScriptedClient({ host: hostName(1), port: 9092 });
    client.ask(api, version, request);
    cluster.addClient(
      FIRST_CLIENT + this.clients++,
      () => client,
      () => undefined,
    );
    world.runWhile(() => client.answers.length === 0 && !client.isClosed, world.nowUs + 10_000_000);
    // What is created on the way is there by then, or is not.
    world.runFor(200_000);
    return codesOf(client.answers[0]);
  }

  get topicNames(): readonly string[] {
    return [...(this.running.cluster.viewOf(1)?.node.broker?.image.topics() ?? [])].map(({ name }) => name);
  }

  /** Names of all that is in the host's root, where a directory of its own holds the node's data. */
  get logDirectories(): readonly string[] {
    return [...(this.running.world.filesOf(1).directory("")?.names.keys() ?? [])].filter((name) => /-\d+$/.test(name));
  }
}

function codesOf(node: unknown): readonly number[] {
  if (typeof node !== "object" || node === null || node instanceof Uint8Array) return [];
  if (Array.isArray(node)) return node.flatMap(codesOf);
  const { errorCode } = node as { readonly errorCode?: unknown };
  return [...(typeof errorCode === "number" ? [errorCode] : []), ...Object.values(node).flatMap(codesOf)];
}

const topicToCreate = (name: string) => ({ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] });
const createTopics = (...names: readonly string[]): ApiInputs["CreateTopics"]["request"] => ({
  topics: names.map(topicToCreate),
  timeoutMs: 5_000,
  validateOnly: false,
});
const metadataOf = (name: string): ApiInputs["Metadata"]["request"] => ({
  topics: [{ topicId: ZERO_UUID, name }],
  allowAutoTopicCreation: true,
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
});
const batch = encodeBatch({ records: [{ key: null, value: null, timestamp: 0 }] });

const INVALID: readonly number[] = [ErrorCode.INVALID_TOPIC_EXCEPTION];
const UNKNOWN: readonly number[] = [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION];

describe.each(WRONG_NAMES)("A topic's name of %s", (_, name) => {
  it("is refused by whatever would create it, and nothing of it is in the metadata or on disk", () => {
    const node = new OneNode();
    const before = [node.topicNames, node.logDirectories];
    for (const version of [2, 7]) expect(node.codes("CreateTopics", version, createTopics(name))).toEqual(INVALID);
    for (const version of [1, 8, 12]) expect(node.codes("Metadata", version, metadataOf(name)).at(-1)).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
    expect([node.topicNames, node.logDirectories]).toEqual(before);
    expect(node.running.violations).toEqual([]);
  });

  it("is no topic's to whoever asks for one", () => {
    const node = new OneNode();
    const produce = { transactionalId: null, acks: -1, timeoutMs: 1_000 };
    for (const version of [3, 12])
      expect(node.codes("Produce", version, { ...produce, topicData: [{ name, topicId: ZERO_UUID, partitionData: [{ index: 0, records: batch }] }] })).toEqual(
        UNKNOWN,
      );
    const listed = { replicaId: -1, isolationLevel: 0, topics: [{ name, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }] };
    expect(node.codes("ListOffsets", 7, { ...listed, timeoutMs: 0 })).toEqual(UNKNOWN);
    const epochs = { replicaId: -1, topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }] };
    expect(node.codes("OffsetForLeaderEpoch", 4, epochs)).toEqual(UNKNOWN);
    expect(node.codes("Fetch", 12, fetchOf(name)).at(-1)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(node.codes("CreatePartitions", 3, { topics: [{ name, count: 3, assignments: null }], timeoutMs: 3_000, validateOnly: false })).toEqual(UNKNOWN);
    expect(node.codes("DeleteRecords", 2, { topics: [{ name, partitions: [{ partitionIndex: 0, offset: 0 }] }], timeoutMs: 1_000 })).toEqual(UNKNOWN);
    expect(node.codes("DeleteTopics", 5, { topics: [], topicNames: [name], timeoutMs: 3_000 })).toEqual(UNKNOWN);
    expect(node.codes("DescribeTopicPartitions", 0, { topics: [{ name }], responsePartitionLimit: 10, cursor: null })).toEqual(INVALID);
  });

  it("has no configs", () => {
    const node = new OneNode();
    const asked = { resourceType: 2, resourceName: name, configurationKeys: ["retention.ms"] };
    expect(node.codes("DescribeConfigs", 4, { resources: [asked], includeSynonyms: false, includeDocumentation: false })).toEqual(INVALID);
    // Without a name it would be the default of all topics, of which there is none.
    const altered = name === "" ? [ErrorCode.INVALID_REQUEST] : INVALID;
    const resource = { resourceType: 2, resourceName: name };
    const configs = [{ name: "retention.ms", value: "1000000" }];
    expect(node.codes("AlterConfigs", 2, { resources: [{ ...resource, configs }], validateOnly: false })).toEqual(altered);
    const changes = configs.map((config) => ({ ...config, configOperation: 0 }));
    expect(node.codes("IncrementalAlterConfigs", 1, { resources: [{ ...resource, configs: changes }], validateOnly: false })).toEqual(altered);
  });
});

function fetchOf(topic: string): ApiInputs["Fetch"]["request"] {
  const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1_000 };
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic, topicId: ZERO_UUID, partitions: [{ ...partition, replicaDirectoryId: ZERO_UUID, highWatermark: Number.MAX_SAFE_INTEGER }] }],
    forgottenTopicsData: [],
    rackId: "",
  };
}

describe("Topics' names", () => {
  it.each(["...", "y".repeat(249), "-", "__proto__", "constructor"])("may be strange: %s", (name) => {
    const node = new OneNode();
    expect(node.codes("CreateTopics", 7, createTopics(name))).toEqual([0]);
    expect([node.topicNames, node.logDirectories.filter((one) => one === `${name}-0`)]).toEqual([[name], [`${name}-0`]]);
    expect(node.codes("CreateTopics", 7, createTopics(name))).toEqual([ErrorCode.TOPIC_ALREADY_EXISTS]);
  });

  it("with . and _ in the same places collide, whether one is there, is asked for beside the other, or is to be created on the way", () => {
    const node = new OneNode();
    expect(node.codes("CreateTopics", 7, createTopics("a.b"))).toEqual([0]);
    expect(node.codes("CreateTopics", 7, createTopics("a_b"))).toEqual(INVALID);
    expect(node.codes("Metadata", 8, metadataOf("a_b")).at(-1)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    // Kafka 4.3 looks at those only that are there, and creates both.
    expect(node.codes("CreateTopics", 7, createTopics("c.d", "c_d"))).toEqual([0, ...INVALID]);
    expect([...node.topicNames].sort()).toEqual(["a.b", "c.d"]);
  });
});
