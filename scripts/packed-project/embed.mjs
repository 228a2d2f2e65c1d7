// Run where only the two packages are installed; the client is the one that samsa has for its scenarios.
import { Kafka, logLevel } from "kafkajs";
import { RaftNode, recover } from "raft-ts";
import { Cluster } from "samsa";

const cluster = await Cluster.start({ brokers: 3 });
try {
  await cluster.createTopic("orders", { partitions: 3 });
  const producer = new Kafka({ brokers: cluster.bootstrapServers.split(","), logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const answers = await producer.send({ topic: "orders", acks: -1, messages: ["a", "b", "c"].map((key) => ({ key, value: key })) });
  await producer.disconnect();
  await cluster.kill(cluster.leaderOf("orders", 0));
  await cluster.waitFor((state) => state.partition("orders", 0)?.isServed === true);
  console.log(
    `${process.version}: ${answers.every(({ errorCode }) => errorCode === 0) ? "acknowledged" : "refused"}, raft-ts ${typeof RaftNode} ${typeof recover}`,
  );
} finally {
  await cluster.dispose();
}
