import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AnyApi, apiOf, correlationIdOf, decodeRequestHeader, decodeResponseHeader, errorName, Reader } from "@samsa/protocol";
import { fromHex } from "@samsa/stdx";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WireConnection } from "../../src/load/index.ts";
import { type RunningCluster, startCluster } from "./running-cluster.ts";

/** One request of a real client and the answer of Apache Kafka 4.3.0, as the protocol's own tests keep them. */
interface RecordedPair {
  readonly client: string;
  readonly apiKey: number;
  readonly apiName: string;
  readonly apiVersion: number;
  readonly note: string;
  readonly request: Uint8Array;
  /** Null for Produce with acks 0. */
  readonly response: Uint8Array | null;
}

const FRAMES = "packages/protocol/test/frames";

function recordedPairs(): readonly RecordedPair[] {
  const lines = readdirSync(FRAMES).flatMap((name) => readFileSync(join(FRAMES, name), "utf8").split("\n"));
  return lines
    .filter((line) => line !== "")
    .map(
      (line) =>
        JSON.parse(line, (key, value: unknown) =>
          (key === "request" || key === "response") && typeof value === "string" ? fromHex(value) : value,
        ) as RecordedPair,
    );
}

/** Between brokers only, and never from a stranger. */
const BETWEEN_BROKERS = "apache-brokers";
/** What the recorded cluster had and an empty one has not: topics by name and by id, offsets, transactions, and the state of a moment. */
const OF_ANOTHER_CLUSTER: ReadonlySet<string> = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "NOT_LEADER_OR_FOLLOWER",
  "LEADER_NOT_AVAILABLE",
  "OFFSET_OUT_OF_RANGE",
  "FETCH_SESSION_ID_NOT_FOUND",
  "INVALID_FETCH_SESSION_EPOCH",
  "TOPIC_ALREADY_EXISTS",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "COORDINATOR_LOAD_IN_PROGRESS",
  "UNKNOWN_MEMBER_ID",
  "ILLEGAL_GENERATION",
  "FENCED_INSTANCE_ID",
  "GROUP_ID_NOT_FOUND",
]);

/** Described, and without a handler yet: the newer protocol of groups (KIP-848). */
const NOT_SERVED: ReadonlySet<string> = new Set(["ConsumerGroupHeartbeat", "ConsumerGroupDescribe"]);
const GROUP_KEYS = 0;

/** What an answer is made of, without its values: fields, and which are lists or null. Lists are as long as they happen to be. */
function shapeOf(value: unknown): unknown {
  if (value === null || value instanceof Uint8Array) return "bytes or null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOf(field)]));
  return typeof value === "string" || typeof value === "number" ? "bytes or null" : typeof value;
}

/** Names of all errors within, wherever they stand. */
function errorsIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const look = (part: unknown): void => {
    if (typeof part !== "object" || part === null || part instanceof Uint8Array) return;
    for (const [name, field] of Object.entries(part)) {
      if (name === "errorCode" && typeof field === "number" && field !== 0) found.add(errorName(field));
      else look(field);
    }
  };
  look(value);
  return found;
}

const withoutTags = (shape: unknown): unknown => {
  if (typeof shape !== "object" || shape === null) return shape;
  return Object.fromEntries(Object.entries(shape).filter(([name]) => name !== "unknownTaggedFields"));
};

/** Nobody coordinates transactions here: a request with a transactional id is refused, as a test of the broker says. */
function isTransactional({ request }: RecordedPair): boolean {
  const { api, apiVersion, bodyReader } = decodeRequestHeader(request);
  const body = api?.decodeRequest(bodyReader, apiVersion);
  return body !== undefined && "transactionalId" in body && body.transactionalId !== null;
}

const COMPACT = "cleanup.policy";
const isCompacting = ({ name, value }: { readonly name: string; readonly value: string | null }): boolean => name === COMPACT && value === "compact";
const CLIENT_METRICS = 16;
const GROUP = 32;
const BROKER_LOGGER = 8;

/**
 * What is refused until it can be kept, with the error that a test of the handler or controller asserts: compacted topics, configs of groups and client metrics, share
 * groups. The loggers that were recorded are those of another broker than the one asked here.
 */
function refusalsOnPurpose({ request }: RecordedPair): readonly string[] {
  const { api, apiVersion, bodyReader } = decodeRequestHeader(request);
  switch (api?.name) {
    case "CreateTopics": {
      const { topics } = api.decodeRequest(bodyReader, apiVersion);
      return topics.some(({ configs }) => configs.some(isCompacting)) ? ["INVALID_CONFIG"] : [];
    }
    case "IncrementalAlterConfigs": {
      const { resources } = api.decodeRequest(bodyReader, apiVersion);
      if (resources.some(({ resourceType }) => resourceType === CLIENT_METRICS || resourceType === GROUP)) return ["INVALID_REQUEST"];
      return resources.some(({ configs }) => configs.some(isCompacting)) ? ["INVALID_CONFIG"] : [];
    }
    case "DescribeConfigs": {
      const { resources } = api.decodeRequest(bodyReader, apiVersion);
      return resources.some(({ resourceType }) => resourceType === BROKER_LOGGER) ? ["INVALID_REQUEST"] : [];
    }
    // Neither transactions nor share groups are coordinated here.
    case "FindCoordinator": {
      const { keyType } = api.decodeRequest(bodyReader, apiVersion);
      return keyType === GROUP_KEYS ? [] : ["TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "COORDINATOR_NOT_AVAILABLE"];
    }
    case "UpdateFeatures": {
      const { featureUpdates } = api.decodeRequest(bodyReader, apiVersion);
      return featureUpdates.some(({ feature }) => feature === "share.version") ? ["INVALID_UPDATE_VERSION"] : [];
    }
    default:
      return [];
  }
}

const pairs = recordedPairs().filter(
  (pair) => !pair.client.startsWith(BETWEEN_BROKERS) && pair.response !== null && !isTransactional(pair) && !NOT_SERVED.has(pair.apiName),
);
const titleOf = ({ apiName, apiVersion, client }: RecordedPair): string => `${apiName} ${apiVersion} of ${client}`;
const groups = [...new Set(pairs.map(titleOf))].map((title): [string, RecordedPair[]] => [title, pairs.filter((pair) => titleOf(pair) === title)]);

describe.each(groups)("%s", (_, group) => {
  let connection: WireConnection;
  beforeAll(async () => {
    connection = await WireConnection.open({ host: "127.0.0.1", port: await portOfFirst() });
  });
  afterAll(() => connection.close());

  test("is answered in the recorded shape, and with no error of a kind that Apache Kafka did not give", async () => {
    for (const pair of group) {
      const frame = await ask(connection, pair);
      expect(correlationIdOf(frame)).toBe(correlationIdOf(pair.response ?? frame));
      const ours = decode(pair, frame);
      const theirs = decode(pair, pair.response ?? frame);
      expect(withoutTags(shapeOf(ours))).toEqual(withoutTags(shapeOf(theirs)));
      const recorded = new Set([...errorsIn(theirs), ...refusalsOnPurpose(pair)]);
      const unexpected = [...errorsIn(ours)].filter((name) => !recorded.has(name) && !OF_ANOTHER_CLUSTER.has(name));
      expect({ note: pair.note, unexpected }).toEqual({ note: pair.note, unexpected: [] });
    }
  });
});

let running: Promise<RunningCluster> | undefined;
async function portOfFirst(): Promise<number> {
  running ??= startCluster();
  const [first = ""] = (await running).brokers;
  return Number(first.slice(first.lastIndexOf(":") + 1));
}

afterAll(async () => {
  await (await running)?.stop();
});

function ask(connection: WireConnection, { request }: RecordedPair): Promise<Uint8Array> {
  const size = new DataView(new ArrayBuffer(4));
  size.setInt32(0, request.length);
  return new Promise((resolve, reject) => connection.send(Buffer.concat([new Uint8Array(size.buffer), request]), resolve, reject));
}

function decode(pair: RecordedPair, frame: Uint8Array): unknown {
  const { api } = decodeRequestHeader(pair.request);
  if (api === undefined || apiOf(pair.apiKey) !== api) throw new Error(`no API ${pair.apiKey}`);
  const reader = new Reader(frame);
  decodeResponseHeader(reader, api as AnyApi, pair.apiVersion);
  const body = api.decodeResponse(reader, pair.apiVersion);
  expect(reader.remaining).toBe(0);
  return body;
}
