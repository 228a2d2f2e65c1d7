import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isKcatInstalled, kcat, KCAT_TITLE, type KcatRun } from "./kcat.ts";
import { type TestedCluster, testedCluster } from "./running-cluster.ts";

interface KcatMetadata {
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly error?: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly leader: number;
      readonly replicas: readonly { readonly id: number }[];
      readonly isrs: readonly { readonly id: number }[];
    }[];
  }[];
}

interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly headers?: readonly (string | null)[];
  readonly key: string | null;
  readonly payload: string | null;
}

describe.skipIf(!isKcatInstalled)(KCAT_TITLE, () => {
  let running: TestedCluster;
  const run = async (args: readonly string[], stdin: string | Uint8Array = ""): Promise<KcatRun> => kcat(["-b", running.bootstrap, ...args], stdin);
  const produce = async (topic: string, lines: readonly string[], args: readonly string[] = []): Promise<void> => {
    const { code, stderr } = await run(["-P", "-t", topic, ...args], lines.map((line) => `${line}\n`).join(""));
    // A warning (%4) is not worth a word: the very first producer id of an Apache Kafka cluster has to wait.
    const said = stderr.replace(/^%4\|.*\n/gm, "");
    expect({ code, stderr: said }).toEqual({ code: 0, stderr: "" });
  };
  const consume = async (topic: string, args: readonly string[] = []): Promise<readonly KcatRecord[]> => {
    const { code, stdout, stderr } = await run(["-C", "-q", "-J", "-t", topic, "-e", ...(args.includes("-o") ? [] : ["-o", "beginning"]), ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as KcatRecord);
  };
  const payloads = async (topic: string, args: readonly string[] = []): Promise<readonly (string | null)[]> =>
    (await consume(topic, args)).map(({ payload }) => payload);

  beforeAll(async () => {
    running = await testedCluster();
  });
  afterAll(async () => {
    await running.stop();
  });

  test("lists brokers, topics, partitions, replicas and ISR", async () => {
    await running.createTopic("listed", 3);
    const { code, stdout } = await run(["-L", "-J", "-t", "listed"]);
    expect(code).toBe(0);
    const { brokers, topics } = JSON.parse(stdout) as KcatMetadata;
    expect(brokers.map(({ id, name }) => [id, name]).sort()).toEqual(running.brokers.map((name, index) => [index + 1, name]));
    expect(topics).toHaveLength(1);
    expect(topics[0]?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    for (const { leader, replicas, isrs } of topics[0]?.partitions ?? []) {
      expect(replicas[0]?.id).toBe(leader);
      expect(replicas.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
      expect(isrs.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
    }
  });

  test.each([
    ["acks=0", ["-X", "acks=0"]],
    ["acks=1", ["-X", "acks=1"]],
    ["acks=all", ["-X", "acks=all"]],
    ["idempotence", ["-X", "enable.idempotence=true"]],
  ])("produces with %s what is consumed in its order", async (name, args) => {
    const topic = `acks-${name.replace("=", "-")}`;
    await running.createTopic(topic, 1);
    const lines = Array.from({ length: 200 }, (_, index) => `${name} ${index}`);
    await produce(topic, lines, args);
    // With acks=0 nobody waited for the append.
    await expect.poll(() => payloads(topic), { timeout: 10_000 }).toEqual(lines);
  });

  test.each(["gzip", "snappy", "lz4", "zstd"])("produces and consumes %s", async (codec) => {
    await running.createTopic(`compressed-${codec}`, 1);
    const lines = Array.from({ length: 500 }, (_, index) => `the same words again and again ${index}`);
    await produce(`compressed-${codec}`, lines, ["-z", codec]);
    expect(await payloads(`compressed-${codec}`)).toEqual(lines);
  });

  test("keeps keys, headers, empty and null values", async () => {
    await running.createTopic("shapes", 1);
    await produce("shapes", ["k:v", "tombstone:", ":keyless"], ["-K", ":", "-Z", "-H", "colour=blue", "-H", "colour=green", "-H", "empty="]);
    const headers = ["colour", "blue", "colour", "green", "empty", ""];
    expect(await consume("shapes")).toMatchObject([
      { offset: 0, key: "k", payload: "v", headers },
      { offset: 1, key: "tombstone", payload: null, headers },
      { offset: 2, key: null, payload: "keyless", headers },
    ]);
  });

  test("takes a record of almost a megabyte, and says MESSAGE_TOO_LARGE to a larger one", async () => {
    await running.createTopic("large", 1);
    const large = "x".repeat(990_000);
    expect(await run(["-P", "-t", "large"], large)).toMatchObject({ code: 0 });
    expect((await payloads("large")).map((text) => text?.length)).toEqual([990_000]);
    const refused = await run(["-P", "-t", "large", "-X", "message.max.bytes=10000000"], "x".repeat(2_000_000));
    expect(refused.stderr).toContain("Message size too large");
    expect(await payloads("large")).toHaveLength(1);
  });

  test("fills large batches and reads all of them back, by small fetches too", async () => {
    await running.createTopic("batches", 1);
    const lines = Array.from({ length: 20_000 }, (_, index) => `${index} ${"y".repeat(90)}`);
    await produce("batches", lines, ["-X", "batch.num.messages=10000", "-X", "linger.ms=50"]);
    expect(await payloads("batches")).toEqual(lines);
    expect(await payloads("batches", ["-o", "19000", "-X", "fetch.message.max.bytes=5000"])).toEqual(lines.slice(19_000));
  });

  test("reads from the beginning, the end, an offset, an offset from the end and a time, each partition for itself", async () => {
    await running.createTopic("positions", 3);
    const lines = ["zero", "one", "two", "three", "four"];
    for (const partition of [0, 1, 2])
      await produce(
        "positions",
        lines.map((line) => `${line}-${partition}`),
        ["-p", String(partition)],
      );
    expect((await payloads("positions")).toSorted()).toEqual([0, 1, 2].flatMap((partition) => lines.map((line) => `${line}-${partition}`)).toSorted());
    expect(await payloads("positions", ["-p", "1"])).toEqual(lines.map((line) => `${line}-1`));
    expect(await payloads("positions", ["-p", "1", "-o", "3"])).toEqual(["three-1", "four-1"]);
    expect(await payloads("positions", ["-p", "2", "-o", "-1"])).toEqual(["four-2"]);
    expect(await payloads("positions", ["-p", "2", "-o", "end"])).toEqual([]);
    const betweenMs = 1 + Math.max(...(await consume("positions")).map(({ ts }) => ts));
    // kcat gives the time of this machine, and the next record has to be of a later one.
    await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThanOrEqual(betweenMs);
    await produce("positions", ["later-0"], ["-p", "0"]);
    expect(await payloads("positions", ["-p", "0", "-o", `s@${betweenMs}`])).toEqual(["later-0"]);
    const { stdout } = await run(["-Q", "-t", `positions:0:${betweenMs}`, "-t", "positions:1:-2", "-t", "positions:2:-1"]);
    expect(stdout.trim().split("\n").toSorted()).toEqual(["positions [0] offset 5", "positions [1] offset 0", "positions [2] offset 5"]);
  });

  test("is told of a topic that is not there, and of an offset out of range", async () => {
    const unknown = await run(["-C", "-e", "-t", "nowhere", "-X", "allow.auto.create.topics=false"]);
    expect(unknown.stderr).toContain("Unknown topic or partition");
    await running.createTopic("short", 1);
    await produce("short", ["only"]);
    const beyond = await run(["-C", "-e", "-t", "short", "-p", "0", "-o", "17", "-X", "topic.auto.offset.reset=error"]);
    expect(beyond.stderr).toContain("Offset out of range");
  });
});
