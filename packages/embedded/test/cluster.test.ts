import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { afterEach, expect, test, vi } from "vitest";
import { Cluster, ClusterError } from "../src/index.ts";
import { connectProducer, kafkaOf, readValues } from "./kafkajs-client.ts";
import { leaveNoCodecs } from "./without-codecs.ts";

leaveNoCodecs();

afterEach(() => void vi.useRealTimers());

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ClusterError) return error.code;
    throw error;
  }
  return "nothing was thrown";
};

const directories = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("samsa-embedded-"));

test("a client writes to three brokers and reads it again, in a group", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders", { partitions: 3 });
  const kafka = kafkaOf(cluster);
  await using producer = await connectProducer(kafka);
  await producer.send({ topic: "orders", acks: -1, messages: ["a", "b", "c"].map((value) => ({ key: value, value })) });
  expect((await readValues(kafka, "orders", 3)).toSorted()).toEqual(["a", "b", "c"]);
  expect(cluster.state.isHealthy).toBe(true);
  expect(await cluster.coordinatorOf("readers-of-orders")).toBe(cluster.leaderOf("__consumer_offsets"));
});

test("the leader is killed, another leads, the killed one returns on its port and catches up", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  const leader = cluster.leaderOf("orders");
  await cluster.kill(leader);
  expect(cluster.state.node(leader)?.status).toBe("killed");
  await producer.send({ topic: "orders", acks: -1, messages: [{ value: "after the kill" }] });
  await cluster.waitFor((state) => state.partition("orders", 0)?.isr.length === 2);
  expect(cluster.leaderOf("orders")).not.toBe(leader);
  const before = cluster.bootstrapServers;
  await cluster.start(leader);
  await cluster.waitFor((state) => state.isHealthy);
  expect(cluster.bootstrapServers).toBe(before);
  expect(cluster.state.partition("orders", 0)?.leaderEpoch).toBeGreaterThan(0);
  expect(cluster.timeline()).toContain(`kill of node ${leader}`);
  expect(cluster.timeline()).toContain("leads orders-0, leader epoch 1");
});

test("a broker that is stopped moves its leaders first, and another controller takes over", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders", { partitions: 3 });
  const { controller } = cluster;
  await cluster.stop(controller);
  expect(cluster.state.node(controller)?.status).toBe("stopped");
  await cluster.waitFor((state) => state.controller !== undefined && state.partitions.every(({ leader }) => leader !== undefined && leader !== controller));
  await cluster.start(controller);
  await cluster.waitFor((state) => state.isHealthy);
});

test("a paused leader answers nobody, loses its partitions, and goes on as a follower", async () => {
  await using cluster = await Cluster.start({ brokers: 3, config: { "broker.session.timeout.ms": 600, "broker.heartbeat.interval.ms": 100 } });
  await cluster.createTopic("orders");
  const leader = cluster.leaderOf("orders");
  expect(cluster.state.partition("orders", 0)?.isServed).toBe(true);
  cluster.pause(leader);
  expect(cluster.state.partition("orders", 0)).toMatchObject({ leader, isServed: false });
  cluster.resume(leader);
  expect(cluster.state.partition("orders", 0)?.isServed).toBe(true);
  cluster.pause(leader);
  const told = cluster.trace.length;
  await cluster.waitFor((state) => ![undefined, leader].includes(state.partition("orders", 0)?.leader));
  expect(cluster.trace.slice(told).filter(({ node }) => node === leader)).toEqual([]);
  expect(cluster.state.node(leader)?.status).toBe("paused");
  cluster.resume(leader);
  await cluster.waitFor((state) => state.isHealthy);
  expect(cluster.leaderOf("orders")).not.toBe(leader);
});

test("a node that is killed while it stops has not stopped", async () => {
  await using cluster = await Cluster.start({ brokers: 1, controllers: 1 });
  await cluster.kill(2);
  // Without a controller nobody lets it go.
  const stopped = cluster.stop(1).catch((error: unknown) => (error as Error).message);
  await cluster.waitFor((state) => state.node(1)?.status === "stopping");
  await cluster.kill(1);
  expect(await stopped).toBe("node 1 did not stop in order: it was killed");
});

test("a node starts when what it was before has closed its files, and not at all when the cluster is gone", async () => {
  const cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders", { partitions: 20 });
  const killed = cluster.kill(1);
  expect(cluster.state.node(1)?.status).toBe("killed");
  const told = cluster.trace.length;
  const started = cluster.start(1);
  await Promise.resolve();
  expect(cluster.trace.slice(told)).toEqual([]);
  await Promise.all([killed, started]);
  await cluster.waitFor((state) => state.isHealthy);
  void cluster.kill(1);
  const late = cluster.start(1).catch((error: unknown) => (error as Error).message);
  await cluster.dispose();
  expect(await late).toMatch(/ended before it listened: the cluster is disposed of/);
});

test("who waits for an answer when the cluster is disposed of is told so", async () => {
  const cluster = await Cluster.start({ brokers: 1 });
  cluster.pause(1);
  const asked = [cluster.createTopic("orders"), cluster.coordinatorOf("billing"), cluster.waitFor(() => false)];
  const told = Promise.all(
    asked.map((one) =>
      one.catch((error: unknown) =>
        codeOf(() => {
          throw error;
        }),
      ),
    ),
  );
  await cluster.dispose();
  expect(await told).toEqual(["CLUSTER_DISPOSED", "CLUSTER_DISPOSED", "CLUSTER_DISPOSED"]);
});

test("controllers of their own decide, and serve no clients", async () => {
  await using cluster = await Cluster.start({ brokers: 1, controllers: 1 });
  await cluster.createTopic("orders");
  expect(cluster.controller).toBe(2);
  expect(cluster.bootstrapServers.split(",")).toHaveLength(1);
  await cluster.kill(2);
  expect(codeOf(() => cluster.controller)).toBe("NO_CONTROLLER");
  await cluster.start(2);
  await cluster.waitFor((state) => state.controller === 2 && state.isHealthy);
});

test("false timers of a test don't stop the cluster", async () => {
  vi.useFakeTimers();
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders");
  const leader = cluster.leaderOf("orders");
  await cluster.kill(leader);
  await cluster.waitFor((state) => ![undefined, leader].includes(state.partition("orders", 0)?.leader));
});

test("two clusters live side by side and don't know each other", async () => {
  await using one = await Cluster.start({ brokers: 3 });
  await using other = await Cluster.start({ brokers: 3 });
  await Promise.all([one.createTopic("orders"), other.createTopic("payments")]);
  await Promise.all([one.kill(1), other.kill(2)]);
  await one.waitFor((state) => state.node(1)?.isUnfenced === false);
  await other.waitFor((state) => state.node(2)?.isUnfenced === false);
  expect(one.state.topics).toEqual(["orders"]);
  expect(other.state.topics).toEqual(["payments"]);
  expect(one.state.node(2)?.isUnfenced).toBe(true);
});

test("a wait that is in vain says what the cluster is", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  const wait = cluster.waitFor((state) => state.topics.includes("payments"), { timeoutMs: 20 });
  await expect(wait).rejects.toMatchObject({ code: "TIMED_OUT", message: expect.stringContaining("orders-0: leader 1, leader epoch 0, ISR 1 of 1") });
});

test("what a predicate throws rejects the wait and leaves the nodes alone", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  let looks = 0;
  const wait = cluster.waitFor(() => {
    if (++looks > 1) throw new Error("a mistake in the test");
    return false;
  });
  await Promise.all([expect(wait).rejects.toThrow("a mistake in the test"), cluster.createTopic("orders")]);
  expect(cluster.state.isHealthy).toBe(true);
});

test("errors name what is there", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  expect(() => cluster.leaderOf("order")).toThrow('there is no topic "order"; there are: orders');
  expect(codeOf(() => cluster.leaderOf("orders", 1))).toBe("UNKNOWN_PARTITION");
  await expect(cluster.kill(4)).rejects.toMatchObject({ code: "UNKNOWN_NODE", message: "there is no node 4; the cluster has 1" });
  expect(codeOf(() => cluster.resume(1))).toBe("WRONG_NODE_STATUS");
  await expect(cluster.start(1)).rejects.toMatchObject({ code: "WRONG_NODE_STATUS" });
  await expect(cluster.createTopic("orders")).rejects.toMatchObject({ code: "REQUEST_REFUSED", message: expect.stringContaining("TOPIC_ALREADY_EXISTS") });
  await cluster.kill(1);
  await expect(cluster.kill(1)).rejects.toMatchObject({ code: "WRONG_NODE_STATUS", message: expect.stringContaining("start it first: cluster.start(1)") });
});

test("a key that is unknown, wrong or the cluster's own is refused by name, and nothing is left", async () => {
  const before = directories();
  await expect(Cluster.start({ config: { "num.partitons": 3 } })).rejects.toMatchObject({
    code: "BAD_OPTION",
    message: expect.stringContaining("num.partitons"),
  });
  await expect(Cluster.start({ config: { "num.partitions": 0 } })).rejects.toMatchObject({
    code: "BAD_OPTION",
    message: expect.stringContaining("num.partitions"),
  });
  await expect(Cluster.start({ config: { listeners: "PLAINTEXT://:9092" } })).rejects.toMatchObject({ code: "BAD_OPTION" });
  await expect(Cluster.start({ brokers: 0 })).rejects.toMatchObject({ code: "BAD_OPTION" });
  expect(directories()).toEqual(before);
});

test("a start that takes too long closes all that it had begun", async () => {
  const before = directories();
  await expect(Cluster.start({ brokers: 3, startTimeoutMs: 1 })).rejects.toMatchObject({ code: "TIMED_OUT" });
  expect(directories()).toEqual(before);
});

test("a port that somebody took meanwhile is named, and the node starts when it is free", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  const port = Number(cluster.bootstrapServers.split(":")[1]);
  await cluster.kill(1);
  const thief = createServer();
  await new Promise<void>((resolve) => thief.listen(port, "127.0.0.1", resolve));
  await expect(cluster.start(1)).rejects.toMatchObject({ code: "PORT_TAKEN", message: expect.stringContaining(String(port)) });
  await new Promise((resolve) => thief.close(resolve));
  await cluster.waitFor((state) => state.node(1)?.status === "failed");
  await cluster.start(1);
  await cluster.waitFor((state) => state.isHealthy);
});

test("dispose twice is fine; after it everything says so", async () => {
  const cluster = await Cluster.start({ brokers: 1 });
  const waiting = cluster.waitFor(() => false).catch((error: unknown) => error);
  await Promise.all([cluster.dispose(), cluster[Symbol.asyncDispose]()]);
  await cluster.dispose();
  expect(await waiting).toMatchObject({ code: "CLUSTER_DISPOSED" });
  await expect(cluster.start(1)).rejects.toMatchObject({ code: "CLUSTER_DISPOSED" });
  expect(codeOf(() => cluster.failNext("Produce", "NOT_LEADER_OR_FOLLOWER"))).toBe("CLUSTER_DISPOSED");
  expect(existsSync(tmpdir())).toBe(true);
});
