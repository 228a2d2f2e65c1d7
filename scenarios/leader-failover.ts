import type { Scenario } from "@samsa/scenario-runner";

const topic = "orders";

export const leaderFailover: Scenario = {
  name: "leader-failover",
  title: "The leader of a partition dies under load",
  teaches: "When a leader dies, another replica of the ISR takes over, and acks=all with min.insync.replicas=2 means that nothing acknowledged is lost.",
  prose:
    "Three brokers, one topic with replication factor 3 and min.insync.replicas 2. An idempotent producer writes with acks=all to every partition. " +
    "The broker that leads partition 0 is killed with SIGKILL. Another replica of the in-sync set must take over, and every record that was " +
    "acknowledged, before, meanwhile and after, must be there, once and in order. Then the killed broker returns, copies what it missed and rejoins the ISR.",
  cluster: { brokers: 3 },
  topic: { name: topic, partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 1_500, recordsPerBatch: 10 },
  steps: [
    { type: "until-acked", records: 1_500, timeoutMs: 20_000 },
    { type: "fault", fault: { type: "crash", victim: { type: "leader", topic, partition: 0 } } },
    { type: "until-acked", records: 1_500, timeoutMs: 20_000 },
    { type: "restart" },
    { type: "until-isr-full", timeoutMs: 20_000 },
    { type: "until-acked", records: 500, timeoutMs: 20_000 },
  ],
  expectation: { type: "clean" },
};
