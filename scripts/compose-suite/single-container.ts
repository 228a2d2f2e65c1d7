import assert from "node:assert/strict";
import { START_TIMEOUT_MS } from "./composed-cluster.ts";
import { IMAGE } from "./from-inside.ts";
import { run, until } from "./run.ts";

/** One container without Compose, as the image is by itself: what is typed into a shell of it. */
export async function useSingleContainer(): Promise<void> {
  const container = run("docker", ["run", "--detach", "--publish", "127.0.0.1::9092", IMAGE]);
  try {
    const inspected = (field: string): string => run("docker", ["inspect", "--format", `{{${field}}}`, container]);
    await until("the container is healthy", START_TIMEOUT_MS, () => inspected(".State.Health.Status") === "healthy");
    const shell = (line: string): string => run("docker", ["exec", container, "/bin/bash", "-c", line]);
    assert.notEqual(shell("id -u"), "0");
    const created = shell("bin/kafka-topics.sh --create --bootstrap-server localhost:9092 --topic first-topic --partitions 1 --replication-factor 1");
    assert.equal(created, "Created topic first-topic.");
    assert.equal(shell("cd / && /opt/kafka/bin/kafka-topics.sh --bootstrap-server localhost:9092 --list"), "first-topic");
    assert.match(shell("kafka-topics --bootstrap-server localhost:9092 --describe --topic first-topic"), /PartitionCount: 1/);
    const topic = "--bootstrap-server localhost:9092 --topic first-topic";
    shell(`printf 'a:one\\nb:two\\n' | bin/kafka-console-producer.sh ${topic} --property "parse.key=true" --property "key.separator=:"`);
    const consumer = `bin/kafka-console-consumer.sh ${topic} --property "print.key=true" --property "key.separator=:"`;
    // Behind Kafka's word on --property.
    assert.match(shell(`${consumer} --group my-group --from-beginning --max-messages 2`), /\na:one\nb:two$/);
    assert.match(shell("bin/kafka-consumer-groups.sh --bootstrap-server localhost:9092 --group my-group --describe"), /first-topic +0 +2 +2 +0/);
    run("docker", ["stop", "--time", "20", container]);
    // As opposed to 137, which SIGKILL leaves: it heard the signal, and stopped in order.
    assert.equal(inspected(".State.ExitCode"), "0");
  } finally {
    run("docker", ["rm", "--force", "--volumes", container]);
  }
}
