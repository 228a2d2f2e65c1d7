import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AnyApi, type ApiName, apiOf, correlationIdOf, decodeRequestHeader, decodeResponseHeader, errorName, Reader } from "@samsa/protocol";
import { fromHex } from "@samsa/stdx";
import { afterAll, describe, expect, test } from "vitest";
import type { WireConnection } from "../../src/load/index.ts";
import { ConnectionsOfGroups } from "./connections-of-groups.ts";
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
const OF_ANOTHER_CLUSTER: readonly string[] = [
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
];

/** The same of groups, which are asked for at their coordinators: their members joined the recorded one. */
const OF_ANOTHER_GROUP: Partial<Record<ApiName, readonly string[]>> = {
  JoinGroup: ["UNKNOWN_MEMBER_ID", "MEMBER_ID_REQUIRED"],
  SyncGroup: ["UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID"],
  Heartbeat: ["UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID"],
  LeaveGroup: ["UNKNOWN_MEMBER_ID"],
  OffsetCommit: ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"],
  OffsetFetch: ["UNKNOWN_MEMBER_ID"],
  OffsetDelete: ["GROUP_ID_NOT_FOUND"],
  DescribeGroups: ["GROUP_ID_NOT_FOUND"],
  DeleteGroups: ["GROUP_ID_NOT_FOUND"],
  ConsumerGroupHeartbeat: ["UNKNOWN_MEMBER_ID", "FENCED_MEMBER_EPOCH", "GROUP_ID_NOT_FOUND"],
  ConsumerGroupDescribe: ["GROUP_ID_NOT_FOUND"],
};

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

/** A member is told its assignment, or is not: these were members of groups that nobody here knows. */
function alike(answer: unknown, other: unknown): unknown {
  const isTold = (one: unknown): boolean => typeof one === "object" && one !== null && "assignment" in one && one.assignment !== null;
  return isTold(answer) && !isTold(other) ? { ...(answer as object), assignment: null } : answer;
}

/** Nobody coordinates transactions here: a request with a transactional id is refused, as a test of the broker says. */
function isTransactional({ request }: RecordedPair): boolean {
  const { api, apiVersion, bodyReader } = decodeRequestHeader(request);
  const body = api?.decodeRequest(bodyReader, apiVersion);
  return body !== undefined && "transactionalId" in body && body.transactionalId !== null;
}

const CLIENT_METRICS = 16;
const GROUP = 32;
const BROKER_LOGGER = 8;

/**
 * What is refused until it can be kept, with the error that a test of the handler or controller asserts: configs of share groups and client metrics, share
 * groups. The loggers that were recorded are those of another broker than the one asked here.
 */
function refusalsOnPurpose({ request }: RecordedPair): readonly string[] {
  const { api, apiVersion, bodyReader } = decodeRequestHeader(request);
  switch (api?.name) {
    case "IncrementalAlterConfigs": {
      const { resources } = api.decodeRequest(bodyReader, apiVersion);
      if (resources.some(({ resourceType }) => resourceType === CLIENT_METRICS)) return ["INVALID_REQUEST"];
      return resources.some(({ resourceType }) => resourceType === GROUP) ? ["INVALID_CONFIG"] : [];
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

const pairs = recordedPairs().filter((pair) => !pair.client.startsWith(BETWEEN_BROKERS) && pair.response !== null && !isTransactional(pair));
const titleOf = ({ apiName, apiVersion, client }: RecordedPair): string => `${apiName} ${apiVersion} of ${client}`;
const groups = [...new Set(pairs.map(titleOf))].map((title): [string, RecordedPair[]] => [title, pairs.filter((pair) => titleOf(pair) === title)]);

describe.each(groups)("%s", (_, group) => {
  test("is answered in the recorded shape, and with no error of a kind that Apache Kafka did not give", async () => {
    for (const pair of group) {
      const frame = await ask(await (await connections()).of(groupsOf(pair)), pair);
      expect(correlationIdOf(frame)).toBe(correlationIdOf(pair.response ?? frame));
      const ours = decode(pair, frame);
      const theirs = decode(pair, pair.response ?? frame);
      expect(withoutTags(shapeOf(alike(ours, theirs)))).toEqual(withoutTags(shapeOf(alike(theirs, ours))));
      const expected = new Set([...errorsIn(theirs), ...refusalsOnPurpose(pair), ...OF_ANOTHER_CLUSTER, ...ofAnotherGroup(pair)]);
      const unexpected = [...errorsIn(ours)].filter((name) => !expected.has(name));
      expect({ note: pair.note, unexpected }).toEqual({ note: pair.note, unexpected: [] });
    }
  });
});

/** The groups that a request names. */
function groupsOf({ request }: RecordedPair): readonly string[] {
  const { api, apiVersion, bodyReader } = decodeRequestHeader(request);
  const body: object = api?.decodeRequest(bodyReader, apiVersion) ?? {};
  if ("groupId" in body && typeof body.groupId === "string" && body.groupId !== "") return [body.groupId];
  const named = "groups" in body ? body.groups : "groupIds" in body ? body.groupIds : "groupsNames" in body ? body.groupsNames : [];
  return (named as readonly (string | { readonly groupId: string })[]).map((group) => (typeof group === "string" ? group : group.groupId));
}

/** Groups of one request have coordinators of their own: one of them is asked. */
function ofAnotherGroup(pair: RecordedPair): readonly string[] {
  const { api } = decodeRequestHeader(pair.request);
  const errors = api === undefined ? [] : (OF_ANOTHER_GROUP[api.name] ?? []);
  return groupsOf(pair).length > 1 ? [...errors, "NOT_COORDINATOR"] : errors;
}

let running: Promise<RunningCluster> | undefined;
let opened: Promise<ConnectionsOfGroups> | undefined;
function connections(): Promise<ConnectionsOfGroups> {
  running ??= startCluster();
  opened ??= running.then(({ brokers }) => ConnectionsOfGroups.open(brokers));
  return opened;
}

afterAll(async () => {
  (await opened)?.close();
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
