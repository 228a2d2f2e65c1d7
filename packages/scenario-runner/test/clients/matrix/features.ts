import { batches, compressionOf, countOf } from "@samsa/protocol/records";
import { expect } from "vitest";
import type { ClientKind } from "../../../src/foreign-clients/clients.ts";
import type { ClientRecord, Compression, GroupProtocol, StoredRecord } from "../../../src/foreign-clients/command.ts";
import type { FeatureName } from "../../../src/foreign-clients/features.ts";
import type { ForeignClient } from "../../../src/foreign-clients/foreign-client.ts";
import { Member } from "../../../src/foreign-clients/member.ts";
import { startClient } from "../../../src/foreign-clients/start-client.ts";
import type { TestedCluster } from "../running-cluster.ts";
import { batchesAt, highWatermarkAt, leadersToldBy } from "../wire-questions.ts";

/** What a client is tried with. */
export interface Attempt {
  readonly kind: ClientKind;
  /** Another client, that reads every codec: what the one writes the other has to understand. */
  readonly reader: ClientKind | undefined;
  readonly cluster: TestedCluster;
}

const PARTITIONS = 6;
const PATIENCE_MS = 40_000;
const PLAIN = { partition: 0, acks: -1, compression: "none", isIdempotent: false } as const;
const BIG = { records: 2_000, bytes: 1_024, together: 500, recordBytes: 900_000 };

const plain = (value: string): ClientRecord => ({ key: null, value, headers: [] });
const numbered = (from: number, count: number): ClientRecord[] => Array.from({ length: count }, (_, index) => plain(String(from + index)));
const contentOf = ({ key, value, headers }: ClientRecord): ClientRecord => ({ key, value, headers });
const contentsOf = (records: readonly StoredRecord[]): ClientRecord[] => records.map(contentOf);

async function withClient<T>({ kind, cluster }: Pick<Attempt, "kind" | "cluster">, use: (client: ForeignClient) => Promise<T>): Promise<T> {
  const client = startClient(kind, cluster.bootstrap);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`still not so: ${what}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** A cluster that is not ours may have been asked before. */
const RUN = process.env["SAMSA_CLIENTS_BOOTSTRAP"] === undefined ? "" : `-${Date.now()}`;

/** The same each time, and so the group's coordinator is, too. */
export const topicName = (kind: ClientKind, what: string): string => `${kind.name.toLowerCase().replaceAll(/[^a-z-]/g, "-")}-${what}${RUN}`;

const CODEC_RECORDS = 3;

async function acksAndCodecs({ kind, reader, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "codecs");
  await cluster.createTopic(topic, 1);
  const leader = await leaderOf(cluster, topic);
  const written: ClientRecord[] = [];
  const codecs: Compression[] = [];
  const readBy = async (by: ClientKind): Promise<readonly StoredRecord[]> =>
    withClient({ kind: by, cluster }, async (client) => (await client.call("read", { topic, partition: 0, from: "earliest", count: written.length })).records);
  await withClient({ kind, cluster }, async (client) => {
    for (const acks of [0, 1, -1] as const)
      for (const compression of kind.codecs) {
        const records = Array.from({ length: CODEC_RECORDS }, (_, index) => plain(`${compression} with acks=${acks}, ${index}: ${"x".repeat(200)}`));
        const { offsets } = await client.call("produce", { ...PLAIN, topic, acks, compression, records });
        // What nobody acknowledges may be overtaken: the next ones go another way to the leader.
        if (acks === 0) await until("it is there", async () => (await highWatermarkAt(leader, topic, 0)) >= written.length + CODEC_RECORDS);
        else expect(offsets).toEqual(records.map((_, index) => written.length + index));
        written.push(...records);
        codecs.push(...records.map(() => compression));
      }
  });
  const bytes = await batchesAt(leader, topic);
  const stored = [...batches(bytes)].flatMap((position) => Array.from({ length: countOf(bytes, position) }, () => compressionOf(bytes, position)));
  expect(stored).toEqual(codecs);
  expect(contentsOf(await readBy(kind))).toEqual(written);
  if (reader !== undefined) expect(contentsOf(await readBy(reader))).toEqual(written);
}

async function leaderOf(cluster: TestedCluster, topic: string): Promise<string> {
  const [first = ""] = cluster.brokers;
  const [leader = 1] = await leadersToldBy(first, topic);
  return cluster.brokers[leader - 1] ?? first;
}

async function allOfARecord({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "fields");
  await cluster.createTopic(topic, 1);
  const records: ClientRecord[] = [
    { key: "a key", value: "and a value", headers: [["name", "of a header"]] },
    { key: null, value: "no key", headers: [] },
    { key: "no value", value: null, headers: [] },
    { key: "an empty value", value: "", headers: [] },
    { key: "schlüssel ✓", value: "wert ✓", headers: [["ü", "✓"]] },
  ];
  const startMs = Date.now();
  await withClient({ kind, cluster }, async (client) => {
    const { offsets } = await client.call("produce", { ...PLAIN, topic, records });
    expect(offsets).toEqual(records.map((_, index) => index));
    const read = await client.call("read", { topic, partition: 0, from: "earliest", count: records.length });
    expect(contentsOf(read.records)).toEqual(records);
    expect(read.records.map(({ offset }) => offset)).toEqual(offsets);
    for (const { timestampMs } of read.records) expect(Math.abs(timestampMs - startMs)).toBeLessThan(600_000);
  });
}

async function ownTimes({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "times");
  await cluster.createTopic(topic, 1);
  // Not weeks apart: @platformatic/kafka 2.12.1 keeps 32 bits of the difference.
  const timesMs = [1_600_000_000_123, 1_600_000_900_000, 1_600_000_000_001];
  await withClient({ kind, cluster }, async (client) => {
    await client.call("produce", { ...PLAIN, topic, records: timesMs.map((timestampMs) => ({ ...plain("x"), timestampMs })) });
    const read = await client.call("read", { topic, partition: 0, from: "earliest", count: timesMs.length });
    expect(read.records.map(({ timestampMs }) => timestampMs)).toEqual(timesMs);
  });
}

async function bigBatches({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "big");
  await cluster.createTopic(topic, 1);
  const records = [...Array.from({ length: BIG.records }, (_, index) => plain(`${index}:${"x".repeat(BIG.bytes)}`)), plain("x".repeat(BIG.recordBytes))];
  await withClient({ kind, cluster }, async (client) => {
    // kafkajs makes one batch of what it is given: more than max.message.bytes is refused by every broker.
    for (let at = 0; at < records.length; at += BIG.together) await client.call("produce", { ...PLAIN, topic, records: records.slice(at, at + BIG.together) });
    const read = await client.call("read", { topic, partition: 0, from: "earliest", count: records.length });
    expect(read.records.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
  });
}

async function positions({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "positions");
  await cluster.createTopic(topic, 1);
  await withClient({ kind, cluster }, async (client) => {
    await client.call("produce", { ...PLAIN, topic, records: numbered(0, 10) });
    await new Promise((later) => setTimeout(later, 20));
    const betweenMs = Date.now();
    await new Promise((later) => setTimeout(later, 20));
    await client.call("produce", { ...PLAIN, topic, records: numbered(10, 10) });
    const since = await client.call("read", { topic, partition: 0, from: { timestampMs: betweenMs }, count: 10 });
    expect(since.records.map(({ value }) => value)).toEqual(numbered(10, 10).map(({ value }) => value));
  });
  let isPositioned = false;
  const late = startClient(kind, cluster.bootstrap, (told) => (isPositioned ||= told.event === "positioned"));
  try {
    const reading = late.call("read", { topic, partition: 0, from: "latest", count: 5 });
    await Promise.race([reading, until("it stands at the end", () => isPositioned)]);
    await withClient({ kind, cluster }, (client) => client.call("produce", { ...PLAIN, topic, records: numbered(20, 5) }));
    expect((await reading).records.map(({ offset, value }) => [offset, value])).toEqual(numbered(20, 5).map(({ value }) => [Number(value), value]));
  } finally {
    await late.close();
  }
}

/** To each partition as many, with the numbers `from` to `from + count − 1` in all. */
async function spread(client: ForeignClient, topic: string, from: number, count: number): Promise<void> {
  const share = count / PARTITIONS;
  for (let partition = 0; partition < PARTITIONS; partition++)
    await client.call("produce", { ...PLAIN, topic, partition, records: numbered(from + partition * share, share) });
}

const distinct = (members: readonly Member[]): number => new Set(members.flatMap(({ seen }) => seen)).size;

/** They share what others had, and are given all that is new. */
async function goOn(members: readonly Member[], client: ForeignClient, topic: string, from: number): Promise<void> {
  await until("all is theirs", () => members.reduce((sum, { assigned }) => sum + assigned.length, 0) === PARTITIONS);
  await spread(client, topic, from, 600);
  await until("all is read by them", () => new Set(members.flatMap(({ seen }) => seen).filter((value) => Number(value) >= from)).size === 600);
}

async function groupOfThree({ kind, cluster }: Attempt, protocol: GroupProtocol): Promise<void> {
  const topic = topicName(kind, `three-${protocol}`);
  const group = topic;
  await cluster.createTopic(topic, PARTITIONS);
  const members = [1, 2, 3].map(() => new Member(kind, cluster.bootstrap));
  try {
    await Promise.all(members.map(({ client }) => client.call("join", { group, topic, protocol })));
    await until("each has its share", () => members.every(({ assigned }) => assigned.length === PARTITIONS / 3));
    await withClient({ kind, cluster }, async (client) => {
      await spread(client, topic, 0, 600);
      await until("all is read", () => distinct(members) === 600);
      await members[0]?.client.kill();
      await goOn(members.slice(1), client, topic, 600);
      await members[1]?.client.call("leave", {});
      await goOn(members.slice(2), client, topic, 1_200);
    });
  } finally {
    await Promise.all(members.map(({ client }) => client.close()));
  }
}

async function keptOffsets({ kind, cluster }: Attempt, protocol: GroupProtocol): Promise<void> {
  const topic = topicName(kind, `kept-${protocol}`);
  await cluster.createTopic(topic, PARTITIONS);
  const round = async (from: number): Promise<readonly string[]> => {
    const member = new Member(kind, cluster.bootstrap);
    try {
      await withClient({ kind, cluster }, (client) => spread(client, topic, from, 60));
      await member.client.call("join", { group: topic, topic, protocol });
      await until("all is read", () => new Set(member.seen).size >= 60);
      await member.client.call("leave", {});
      expect(member.errors).toEqual([]);
      return member.seen;
    } finally {
      await member.client.close();
    }
  };
  expect(new Set(await round(0)).size).toBe(60);
  const again = await round(60);
  expect(again.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbered(60, 60).map(({ value }) => value));
}

const MIGRATED = 3;

/** Members of both protocols in one group: what is written between two changes is read and committed before the next one, and so nothing may be read twice. */
async function migration({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "migration");
  const group = topic;
  await cluster.createTopic(topic, PARTITIONS);
  const members = Array.from({ length: MIGRATED }, () => new Member(kind, cluster.bootstrap));
  const join = async ({ client }: Member, protocol: GroupProtocol): Promise<unknown> => client.call("join", { group, topic, protocol });
  let written = 0;
  const goesOn = async (client: ForeignClient, type: string): Promise<void> => {
    const owned = (): readonly number[] => members.flatMap(({ assigned }) => assigned).toSorted((a, b) => a - b);
    await until(
      "each has its share, and none is two's",
      () => members.every(({ assigned }) => assigned.length === PARTITIONS / MIGRATED) && new Set(owned()).size === PARTITIONS,
    );
    expect(await client.call("group-type", { group })).toMatchObject({ type });
    await spread(client, topic, written, 60);
    written += 60;
    await until(`${written} are read`, () => distinct(members) === written);
    await until(`${written} are committed`, async () => {
      const { offsets } = await client.call("committed", { group, topic, partitions: PARTITIONS });
      return offsets.reduce((sum, [, offset]) => sum + offset, 0) === written;
    });
  };
  const change = async (client: ForeignClient, protocol: GroupProtocol, types: readonly string[]): Promise<void> => {
    for (const [index, member] of members.entries()) {
      await member.client.call("leave", {});
      await join(member, protocol);
      await goesOn(client, types[index] ?? "");
    }
  };
  try {
    await withClient({ kind, cluster }, async (client) => {
      await Promise.all(members.map((member) => join(member, "classic")));
      await goesOn(client, "Classic");
      await change(client, "consumer", ["Consumer", "Consumer", "Consumer"]);
      await change(client, "classic", ["Consumer", "Consumer", "Classic"]);
    });
    expect(members.flatMap(({ seen }) => seen).length).toBe(written);
  } finally {
    await Promise.all(members.map(({ client }) => client.close()));
  }
}

async function serverPatterns({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "pattern");
  const [early, late] = [`${topic}-early`, `${topic}-late`];
  await cluster.createTopic(early, 1);
  const member = new Member(kind, cluster.bootstrap);
  try {
    await member.client.call("join", { group: topic, topic: `^${topic}-.*`, protocol: "consumer" });
    await withClient({ kind, cluster }, async (client) => {
      await client.call("produce", { ...PLAIN, topic: early, records: numbered(0, 10) });
      await until("the first topic's are read", () => member.seen.length === 10);
      await cluster.createTopic(`other-${topic}`, 1);
      await cluster.createTopic(late, 1);
      for (const [at, one] of [`other-${topic}`, late, early].entries())
        await client.call("produce", { ...PLAIN, topic: one, records: numbered(10 + at * 10, 10) });
      await until("those of the later one are read, too", () => member.seen.length >= 30);
    });
    await member.client.call("leave", {});
    const expected = [...numbered(0, 10), ...numbered(20, 20)].map(({ value }) => value);
    expect(member.seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(expected);
  } finally {
    await member.client.close();
  }
}

async function administration({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "admin");
  await withClient({ kind, cluster }, async (client) => {
    await client.call("create-topic", { topic, partitions: 2, replicationFactor: 3, configs: { "retention.ms": "3600000" } });
    await until("it is listed", async () => (await client.call("list-topics", {})).topics.includes(topic));
    expect(await client.call("topic-config", { topic, name: "retention.ms" })).toMatchObject({ value: "3600000" });
    await client.call("set-topic-config", { topic, name: "max.message.bytes", value: "2000000" });
    await until("it is altered", async () => (await client.call("topic-config", { topic, name: "max.message.bytes" })).value === "2000000");
    await client.call("grow-topic", { topic, partitions: 3 });
    const third = (): Promise<boolean> =>
      client.call("produce", { ...PLAIN, topic, partition: 2, records: numbered(0, 1) }).then(
        () => true,
        () => false,
      );
    await until("its third partition is led", third);
    await client.call("produce", { ...PLAIN, topic, records: numbered(0, 10) });
    expect(await client.call("delete-records", { topic, partition: 0, before: 4 })).toMatchObject({ startOffset: 4 });
    await client.call("delete-topic", { topic });
    await until("it is gone", async () => !(await client.call("list-topics", {})).topics.includes(topic));
  });
}

async function groupAdministration({ kind, cluster }: Attempt): Promise<void> {
  const topic = topicName(kind, "groups");
  const group = topic;
  await cluster.createTopic(topic, PARTITIONS);
  const member = new Member(kind, cluster.bootstrap);
  try {
    await withClient({ kind, cluster }, async (client) => {
      await spread(client, topic, 0, 60);
      await member.client.call("join", { group, topic, protocol: "classic" });
      await until("all is read", () => member.seen.length >= 60);
      expect((await client.call("list-groups", {})).groups).toContain(group);
      expect(await client.call("describe-group", { group })).toMatchObject({ state: "Stable", members: 1 });
      await until("all is committed", async () => {
        const { offsets } = await client.call("committed", { group, topic, partitions: PARTITIONS });
        return offsets.reduce((sum, [, offset]) => sum + offset, 0) === 60;
      });
      await member.client.call("leave", {});
      await until("it is empty", async () => (await client.call("describe-group", { group })).state === "Empty");
      expect(member.errors).toEqual([]);
      await client.call("delete-group", { group });
      expect((await client.call("list-groups", {})).groups).not.toContain(group);
    });
  } finally {
    await member.client.close();
  }
}

/** How each feature is tried. */
export const TRIALS: Readonly<Record<FeatureName, (attempt: Attempt) => Promise<void>>> = {
  codecs: acksAndCodecs,
  fields: allOfARecord,
  timestamps: ownTimes,
  batches: bigBatches,
  positions,
  group: (attempt) => groupOfThree(attempt, "classic"),
  offsets: (attempt) => keptOffsets(attempt, "classic"),
  "consumer-group": (attempt) => groupOfThree(attempt, "consumer"),
  "consumer-offsets": (attempt) => keptOffsets(attempt, "consumer"),
  migration,
  patterns: serverPatterns,
  topics: administration,
  groups: groupAdministration,
};
