import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, call, crash, leader, named, restart, THREE_PARTITIONS, untilAcked, untilAckedThere, untilIsrFull, untilLedByAnother } from "./notation.ts";

const oldLeader = named("the old leader");

export const leaderFailover: Scenario = {
  name: "leader-failover",
  title: "The leader of a partition dies under load",
  teaches: "When a leader dies, another replica of the ISR takes over, and acks=all with min.insync.replicas=2 means that nothing acknowledged is lost.",
  prose:
    "Three brokers, one topic with replication factor 3 and min.insync.replicas 2. An idempotent producer writes with acks=all to every partition. " +
    "The broker that leads partition 0 is killed with SIGKILL. Another replica of the in-sync set must take over, and every record that was " +
    "acknowledged, before, meanwhile and after, must be there, once and in order. Then the killed broker returns, copies what it missed and rejoins the ISR.",
  cluster: { brokers: 3 },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [
    untilAcked(1_500),
    call(leader, "the old leader"),
    crash(oldLeader),
    untilLedByAnother(oldLeader),
    untilAckedThere(500),
    restart,
    untilIsrFull,
    untilAcked(500),
  ],
  expectation: { type: "clean" },
};
