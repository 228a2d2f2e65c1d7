import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JavaException } from "../src/java-exception.ts";
import { clientSettings } from "../src/session/client-settings.ts";
import { Session } from "../src/session/session.ts";
import { kafkaTopics } from "../src/topics/kafka-topics.ts";
import { type Ended, runTool } from "./run-tool.ts";

let directory: string;

const settings = (bootstrap: string, properties: Readonly<Record<string, string>> = {}) => clientSettings(bootstrap, new Map(Object.entries(properties)));

/** `--list` with this `--command-config`. */
function list(bootstrap: string, properties: string): Promise<Ended> {
  const file = join(directory, "client.properties");
  writeFileSync(file, properties);
  return runTool(kafkaTopics, ["--bootstrap-server", bootstrap, "--list", "--command-config", file]);
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-tools-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe("what a client is told", () => {
  it("are addresses, times and a name; the rest is Kafka's default", () => {
    expect(settings("a:9092, [::1]:9093,PLAINTEXT://b:9094")).toEqual({
      client: {
        clientId: "adminclient-1",
        bootstrap: [
          { host: "a", port: 9092 },
          { host: "::1", port: 9093 },
          { host: "b", port: 9094 },
        ],
      },
      apiTimeoutMs: 60_000,
    });
    const times = { "client.id": "me", "request.timeout.ms": "1", "retry.backoff.ms": "2", "default.api.timeout.ms": "3", "ssl.provider": "x" };
    expect(settings("a:1", times)).toMatchObject({ client: { clientId: "me", requestTimeoutMs: 1, retryBackoffMs: 2 }, apiTimeoutMs: 3 });
  });

  it.each([
    ["security.protocol=SSL", "security.protocol is SSL: only PLAINTEXT is supported here."],
    ["request.timeout.ms=abc", "Invalid value abc for configuration request.timeout.ms: Not a number of type INT"],
    ["default.api.timeout.ms=-1", "Invalid value -1 for configuration default.api.timeout.ms: Value must be at least 0"],
  ])("must make sense: %s", async (properties, message) => {
    expect(await list("localhost:1", properties)).toEqual({
      code: 1,
      stdout: "",
      stderr: `${message}\norg.apache.kafka.common.config.ConfigException: ${message}\n\n`,
    });
  });

  it.each([
    ["foo", "Invalid url in bootstrap.servers: foo"],
    ["a:1,b:70000", "Invalid url in bootstrap.servers: b:70000"],
    [",", "No resolvable bootstrap urls given in bootstrap.servers"],
  ])("names brokers that can be: %s", async (bootstrap, cause) => {
    const { code, stderr } = await list(bootstrap, "");
    expect([code, stderr]).toEqual([
      1,
      "Failed to create new KafkaAdminClient\norg.apache.kafka.common.KafkaException: Failed to create new KafkaAdminClient\n" +
        `Caused by: org.apache.kafka.common.config.ConfigException: ${cause}\n\n`,
    ]);
  });

  it("is missed where it should lie", async () => {
    const { code, stderr } = await runTool(kafkaTopics, ["--bootstrap-server", "localhost:1", "--list", "--command-config", "missing.properties"]);
    expect([code, stderr]).toEqual([1, "missing.properties\njava.nio.file.NoSuchFileException: missing.properties\n\n"]);
  });
});

describe("a session", () => {
  it("says who could not be asked, in Kafka's words", async () => {
    const timedOut = "Error while executing topic command : Timed out waiting for a node assignment. Call: listTopics\n";
    expect(await list(`127.0.0.1:${await closedPort()}`, "default.api.timeout.ms=200")).toEqual({ code: 1, stdout: timedOut, stderr: "" });
  });

  it("tells of what its user throws, and goes on", async () => {
    await using session = new Session(settings("127.0.0.1:1"));
    await expect(session.act(() => Promise.reject(new JavaException("a.B", "no")))).rejects.toThrow("no");
    await expect(
      session.act(() => {
        throw new Error("thrown");
      }),
    ).rejects.toThrow("thrown");
    let turns = 0;
    const end = session.everyTurn({ run: () => turns++ });
    await session.act(() => undefined);
    end();
    expect(turns).toBeGreaterThan(0);
    const before = turns;
    await session.act(() => undefined);
    expect(turns).toBe(before);
  });
});
