import assert from "node:assert/strict";
import { NETWORK } from "./composed-cluster.ts";
import { run } from "./run.ts";

export const IMAGE = "samsa";
const BOOTSTRAP = "broker-1:19092,broker-2:19092,broker-3:19092";
const RECORDS = 30;

/** What runs in a container of its own in the cluster's network: an application beside it. */
const inside = (command: string, ...args: readonly string[]): string =>
  run("docker", ["run", "--rm", "--network", NETWORK, "--entrypoint", command, IMAGE, ...args]);

/** Resolves from where the image has the client that the scenarios use. */
const PRODUCER = `
import { Kafka, logLevel } from "kafkajs";
const [bootstrap, topic, count] = process.argv.slice(1);
const producer = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING }).producer();
await producer.connect();
await producer.send({ topic, acks: -1, messages: Array.from({ length: Number(count) }, (_, index) => ({ key: String(index), value: "from inside" })) });
await producer.disconnect();
`;

/** Makes a topic, produces to all of its partitions and counts, with nothing but the brokers' names inside of the network. */
export function useFromInside(topic: string): void {
  const bootstrap = ["--bootstrap-server", BOOTSTRAP, "--topic", topic];
  assert.equal(inside("kafka-topics.sh", ...bootstrap, "--create", "--partitions", "3", "--replication-factor", "3"), `Created topic ${topic}.`);
  inside("node", "--input-type=module", "-e", PRODUCER, BOOTSTRAP, topic, String(RECORDS));
  const offsets = inside("/opt/kafka/bin/kafka-get-offsets.sh", ...bootstrap).split("\n");
  assert.equal(offsets.length, 3);
  assert.equal(
    offsets.reduce((sum, line) => sum + Number(line.split(":")[2]), 0),
    RECORDS,
  );
}
