import { expect, test } from "vitest";
import { Cluster, ClusterError } from "../src/index.ts";
import { connectProducer, kafkaOf, readValues } from "./kafkajs-client.ts";
import { leaveNoCodecs } from "./without-codecs.ts";

leaveNoCodecs();

const NO_RETRY = { retries: 0 };
const send = (producer: Awaited<ReturnType<typeof connectProducer>>, value: string) => producer.send({ topic: "orders", acks: -1, messages: [{ value }] });

test("the next Produce is answered with an error, once, and a client that tries again succeeds", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  const fault = cluster.failNext("Produce", "NOT_LEADER_OR_FOLLOWER", { topic: "orders" });
  expect(fault.hasFired).toBe(false);
  expect(cluster.unfiredFaults).toEqual([fault]);
  expect(() => cluster.assertFaultsFired()).toThrow('the next 1 × Produce on "orders" are answered with NOT_LEADER_OR_FOLLOWER');
  await send(producer, "again");
  expect(fault.timesFired).toBe(1);
  cluster.assertFaultsFired();
  expect(await readValues(kafkaOf(cluster), "orders", 1)).toEqual(["again"]);
  expect(cluster.timeline()).toContain('Produce on "orders" is answered with NOT_LEADER_OR_FOLLOWER');
});

test("an error that is final reaches the client by its name, as often as was said", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster, NO_RETRY));
  const fault = cluster.failNext("Produce", "TOPIC_AUTHORIZATION_FAILED", { times: 2 });
  await expect(send(producer, "one")).rejects.toMatchObject({ type: "TOPIC_AUTHORIZATION_FAILED" });
  await expect(send(producer, "two")).rejects.toMatchObject({ type: "TOPIC_AUTHORIZATION_FAILED" });
  await send(producer, "three");
  expect(fault.timesFired).toBe(2);
  expect(await readValues(kafkaOf(cluster), "orders", 1)).toEqual(["three"]);
});

test("a fault is of its topic and its broker only", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders");
  await cluster.createTopic("payments");
  const leader = cluster.leaderOf("orders");
  const elsewhere = [1, 2, 3].filter((id) => id !== leader);
  await using producer = await connectProducer(kafkaOf(cluster, NO_RETRY));
  const faults = [
    cluster.failNext("Produce", "INVALID_RECORD", { topic: "payments" }),
    ...elsewhere.map((broker) => cluster.failNext("Produce", "INVALID_RECORD", { broker })),
  ];
  await send(producer, "passes");
  expect(faults.map(({ hasFired }) => hasFired)).toEqual([false, false, false]);
  cluster.heal();
  const payments = () => producer.send({ topic: "payments", acks: -1, messages: [{ value: "passes too" }] });
  await payments();
  using fault = cluster.failNext("Produce", "INVALID_RECORD", { topic: "payments" });
  await expect(payments()).rejects.toMatchObject({ type: "INVALID_RECORD" });
  expect(fault.hasFired).toBe(true);
});

test("a producer with acks=0 that is to fail loses its connection", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster, { initialRetryTime: 30, retries: 5 }));
  const fault = cluster.failNext("Produce", "INVALID_RECORD");
  await producer.send({ topic: "orders", acks: 0, messages: [{ value: "lost" }] });
  expect(fault.hasFired || (await struck(cluster, fault))).toBe(true);
  await send(producer, "kept");
  expect(await readValues(kafkaOf(cluster), "orders", 1)).toEqual(["kept"]);
});

/** With acks=0 a client is done before its broker has the request. */
async function struck(cluster: Cluster, fault: { readonly hasFired: boolean }): Promise<boolean> {
  await using producer = await connectProducer(kafkaOf(cluster));
  while (!fault.hasFired) await producer.send({ topic: "orders", acks: 0, messages: [{ value: "lost" }] });
  return true;
}

test("requests are held until they are released, and then handled in their order", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  const hold = cluster.hold("Produce");
  const sent: string[] = [];
  const first = send(producer, "first").then(() => sent.push("first"));
  await untilFired(hold);
  const second = send(producer, "second").then(() => sent.push("second"));
  // Another connection's requests of the same broker are not held.
  await cluster.createTopic("payments");
  expect(sent).toEqual([]);
  cluster.release("Produce");
  await Promise.all([first, second]);
  expect(hold.isActive).toBe(false);
  expect(await readValues(kafkaOf(cluster), "orders", 2)).toEqual(["first", "second"]);
});

/** Of faults only the test itself waits, by what it sees; each look follows a turn of the event loop. */
async function untilFired(fault: { readonly hasFired: boolean }): Promise<void> {
  while (!fault.hasFired) await new Promise((resolve) => setImmediate(resolve));
}

test("what one hold lets go another one still holds", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  const [first, second] = [cluster.hold("Produce", { broker: 1 }), cluster.hold("Produce", { topic: "orders" })];
  let isSent = false;
  const sending = send(producer, "one").then(() => (isSent = true));
  await untilFired(first);
  expect(second.hasFired).toBe(false);
  first.undo();
  await untilFired(second);
  expect(isSent).toBe(false);
  second.undo();
  await sending;
});

test("a held Fetch keeps a consumer from reading until the scope ends", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  await send(producer, "held");
  let reading: Promise<readonly string[]>;
  let read: readonly string[] | undefined;
  {
    using hold = cluster.hold("Fetch", { broker: 1 });
    reading = readValues(kafkaOf(cluster), "orders", 1).then((values) => (read = values));
    await untilFired(hold);
    expect(read).toBeUndefined();
  }
  expect(await reading).toEqual(["held"]);
});

test("what is done to clients' requests does not touch what brokers ask of each other", async () => {
  await using cluster = await Cluster.start({ brokers: 3, config: { "replica.lag.time.max.ms": 600 } });
  await cluster.createTopic("orders");
  // Followers connect anew to another leader, and it sees all of their requests.
  const hold = cluster.hold("Fetch");
  await cluster.kill(cluster.leaderOf("orders"));
  await cluster.waitFor((state) => state.partition("orders", 0)?.isServed === true);
  await using producer = await connectProducer(kafkaOf(cluster));
  await send(producer, "replicated");
  expect(cluster.state.partition("orders", 0)?.isr).toHaveLength(2);
  expect(hold.hasFired).toBe(false);
});

test("a delayed request is answered, later than one that came after it on another connection", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  const delay = cluster.delay("Produce", 300);
  let isSent = false;
  const sent = send(producer, "late").then(() => (isSent = true));
  await untilFired(delay);
  const admin = kafkaOf(cluster).admin();
  await admin.connect();
  expect(await admin.listTopics()).toContain("orders");
  await admin.disconnect();
  expect(isSent).toBe(false);
  await sent;
  delay.undo();
  await send(producer, "at once");
  expect(delay.timesFired).toBe(1);
});

test("a follower that is cut from the others leaves the ISR, and comes back when the cut is undone", async () => {
  await using cluster = await Cluster.start({
    brokers: 3,
    config: { "broker.session.timeout.ms": 800, "broker.heartbeat.interval.ms": 100, "replica.lag.time.max.ms": 800 },
  });
  await cluster.createTopic("orders");
  const leader = cluster.leaderOf("orders");
  const follower = cluster.state.partition("orders", 0)?.isr.find((id) => id !== leader) ?? 0;
  const others = [1, 2, 3].filter((id) => id !== follower);
  await using producer = await connectProducer(kafkaOf(cluster));
  {
    using cut = cluster.partition(follower, others);
    expect(cut.hasFired).toBe(true);
    await cluster.waitFor((state) => state.partition("orders", 0)?.isr.includes(follower) === false);
    await send(producer, "to those that are left");
  }
  await cluster.waitFor((state) => state.isHealthy);
  expect(cluster.timeline()).toContain(`node ${follower} is cut from nodes ${others.join(" and ")}`);
});

test("a node that starts again finds the cut still there, until all is healed", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders");
  const victim = [1, 2, 3].find((id) => id !== cluster.controller) ?? 0;
  cluster.partition(
    [victim],
    [1, 2, 3].filter((id) => id !== victim),
  );
  await cluster.kill(victim);
  await cluster.waitFor((state) => state.node(victim)?.isUnfenced === false);
  const isAlone = new Promise<void>((resolve) => {
    cluster.onTrace(({ node, event }) => {
      if (node === victim && event.kind === "quorum-lost") resolve();
    });
  });
  await cluster.start(victim);
  // It listens, and hears from nobody.
  await isAlone;
  await cluster.createTopic("payments");
  expect(cluster.state.node(victim)).toMatchObject({ status: "running", isUnfenced: false });
  cluster.heal();
  await cluster.waitFor((state) => state.isHealthy);
});

test("with a slow link acks=all takes as long as the follower does", async () => {
  await using cluster = await Cluster.start({ brokers: 2, config: { "min.insync.replicas": 2, "replica.lag.time.max.ms": 30_000 } });
  await cluster.createTopic("orders");
  const leader = cluster.leaderOf("orders");
  await using producer = await connectProducer(kafkaOf(cluster));
  // On a connection of its own: answers come in the order of the requests.
  await using impatient = await connectProducer(kafkaOf(cluster));
  await impatient.send({ topic: "orders", acks: 1, messages: [{ value: "first" }] });
  using slow = cluster.delay([1, 2], 400);
  let isSent = false;
  const sent = send(producer, "slow").then(() => (isSent = true));
  // The leader alone is as quick as ever.
  await impatient.send({ topic: "orders", acks: 1, messages: [{ value: "quick" }] });
  expect(isSent).toBe(false);
  await sent;
  expect(slow.hasFired).toBe(true);
  expect(cluster.leaderOf("orders")).toBe(leader);
});

test("what can't be done is refused by name", async () => {
  await using cluster = await Cluster.start({ brokers: 2 });
  const codeOf = (run: () => unknown): string => {
    try {
      run();
      return "nothing was thrown";
    } catch (error) {
      return error instanceof ClusterError ? error.code : String(error);
    }
  };
  expect(codeOf(() => cluster.hold("Prodduce" as "Produce"))).toBe("UNKNOWN_API");
  expect(codeOf(() => cluster.failNext("Produce", "NOT_AN_ERROR" as "NONE"))).toBe("UNKNOWN_ERROR_NAME");
  expect(codeOf(() => cluster.failNext("Produce", "NONE"))).toBe("UNKNOWN_ERROR_NAME");
  expect(codeOf(() => cluster.failNext("Produce", "INVALID_RECORD", { times: 0 }))).toBe("BAD_OPTION");
  expect(codeOf(() => cluster.hold("Fetch", { broker: 3 }))).toBe("UNKNOWN_NODE");
  expect(codeOf(() => cluster.delay("Fetch", 0))).toBe("BAD_OPTION");
  expect(codeOf(() => cluster.partition(1, 3))).toBe("UNKNOWN_NODE");
  expect(codeOf(() => cluster.partition(1, [1, 2]))).toBe("BAD_OPTION");
  expect(codeOf(() => cluster.partition(1, []))).toBe("BAD_OPTION");
});
