import assert from "node:assert/strict";
import { NETWORK } from "./composed-cluster.ts";
import { run } from "./run.ts";

export const IMAGE = "samsa";
const BOOTSTRAP = "broker-1:19092,broker-2:19092,broker-3:19092";
const RECORDS = 30;

/** What runs in a container of its own in the cluster's network: an application beside it. */
const inside = (command: string, ...args: readonly string[]): string =>
  run("docker", ["run", "--rm", "--network", NETWORK, "--entrypoint", command, IMAGE, ...args]);

/** Makes a topic, produces to all of its partitions and counts, with nothing but the brokers' names inside of the network. */
export function useFromInside(topic: string): void {
  const bootstrap = ["--bootstrap-server", BOOTSTRAP, "--topic", topic];
  assert.equal(inside("kafka-topics.sh", ...bootstrap, "--create", "--partitions", "3", "--replication-factor", "3"), `Created topic ${topic}.`);
  const keyed = '--property "parse.key=true" --property "key.separator=:"';
  inside("bash", "-c", `seq ${RECORDS} | sed 's/$/:from inside/' | kafka-console-producer.sh ${bootstrap.join(" ")} ${keyed}`);
  const offsets = inside("/opt/kafka/bin/kafka-get-offsets.sh", ...bootstrap).split("\n");
  assert.equal(offsets.length, 3);
  assert.equal(
    offsets.reduce((sum, line) => sum + Number(line.split(":")[2]), 0),
    RECORDS,
  );
  const read = inside("kafka-console-consumer.sh", ...bootstrap, "--group", "inside", "--from-beginning", "--max-messages", String(RECORDS));
  assert.deepEqual(new Set(read.split("\n")), new Set(["from inside"]));
}
