import { Kafka, logLevel, Partitioners } from "kafkajs";
import { Cluster } from "samsa";
import { expect, test } from "vitest";

test("no order is lost when the leader dies", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic("orders", { partitions: 1 });
  const kafka = new Kafka({ brokers: cluster.bootstrapServers.split(","), logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 10 } });

  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await producer.send({ topic: "orders", acks: -1, messages: [{ value: "before" }] });
  const leader = cluster.leaderOf("orders", 0);
  await cluster.kill(leader);
  await producer.send({ topic: "orders", acks: -1, messages: [{ value: "after" }] });
  await producer.disconnect();
  expect(cluster.leaderOf("orders", 0)).not.toBe(leader);

  const consumer = kafka.consumer({ groupId: "billing", maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: "orders", fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.length === 2) resolve();
      },
    });
  });
  await consumer.disconnect();
  expect(values).toEqual(["before", "after"]);
});
