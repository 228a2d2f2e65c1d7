import { batches, compressionOf } from "@samsa/protocol/records";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isKcatInstalled, kcat, KCAT_TITLE } from "./kcat.ts";
import { type TestedCluster, testedCluster } from "./running-cluster.ts";
import { batchesAt, createTopicAt, leadersToldBy } from "./wire-questions.ts";

const TIMEOUT_MS = 20_000;

describe.skipIf(!isKcatInstalled)(`compression.type of a topic, ${KCAT_TITLE}`, () => {
  let running: TestedCluster;
  beforeAll(async () => {
    running = await testedCluster();
  });
  afterAll(async () => {
    await running.stop();
  });

  test.each([
    ["uncompressed", "zstd", "none"],
    ["gzip", "none", "gzip"],
    ["snappy", "gzip", "snappy"],
    ["lz4", "none", "lz4"],
    ["zstd", "snappy", "zstd"],
  ])("%s: what a producer sends in %s is stored anew, and librdkafka reads it back", async (type, sent, stored) => {
    const topic = `stored-${type}`;
    const [first = ""] = running.brokers;
    const level = new Map(type === "gzip" || type === "lz4" || type === "zstd" ? [[`compression.${type}.level`, "5"]] : []);
    expect(await createTopicAt(first, topic, TIMEOUT_MS, new Map([["compression.type", type], ...level]))).toBe("NONE");
    const leaderOf = async (): Promise<number> => (await leadersToldBy(first, topic))[0] ?? -1;
    await expect.poll(leaderOf, { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
    const lines = Array.from({ length: 500 }, (_, index) => `${index},the same words again and again ${index}`);
    const producer = ["-b", running.bootstrap, "-P", "-t", topic, "-K", ",", "-H", "trace=7", "-z", sent, "-X", "enable.idempotence=true"];
    expect(await kcat(producer, lines.map((line) => `${line}\n`).join(""))).toMatchObject({ code: 0 });
    const { stdout } = await kcat(["-b", running.bootstrap, "-C", "-q", "-t", topic, "-o", "beginning", "-e", "-X", "check.crcs=true", "-f", "%k,%s %h\\n"]);
    expect(stdout.split("\n").slice(0, -1)).toEqual(lines.map((line) => `${line} trace=7`));
    const leader = running.brokers[(await leaderOf()) - 1] ?? first;
    const bytes = await batchesAt(leader, topic);
    expect(new Set([...batches(bytes)].map((position) => compressionOf(bytes, position)))).toEqual(new Set([stored]));
  });
});
