import type { Scenario } from "@samsa/scenario-runner";

export const quorumLoss: Scenario = {
  name: "quorum-loss",
  title: "A majority of the controllers dies under load, and returns",
  teaches: "Without a quorum of controllers nothing can change, but leaders go on: the metadata are not on the path of a record.",
  prose:
    "Three brokers and three controllers apart. The active controller is killed with SIGKILL, another one takes over and is killed too: the one that is " +
    "left is no majority. Nothing can be created, changed or failed over then, and nobody is fenced: the leaders that there are must go on to acknowledge. " +
    "When the killed ones return, the metadata goes on by itself, and every acknowledged record is there, once and in order.",
  cluster: { brokers: 3, controllers: 3 },
  topic: { name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 1_500, recordsPerBatch: 10 },
  steps: [
    { type: "until-acked", records: 1_500, timeoutMs: 20_000 },
    { type: "fault", fault: { type: "crash", victim: { type: "active-controller" } } },
    { type: "until-controller", timeoutMs: 20_000 },
    { type: "fault", fault: { type: "crash", victim: { type: "active-controller" } } },
    { type: "until-acked", records: 6_000, timeoutMs: 20_000 },
    { type: "restart" },
    { type: "until-controller", timeoutMs: 20_000 },
    { type: "until-acked", records: 1_500, timeoutMs: 20_000 },
  ],
  expectation: { type: "clean" },
};
