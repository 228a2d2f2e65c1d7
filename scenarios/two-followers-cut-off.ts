import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, cutOff, follower, heal, ONE_PARTITION, otherFollower, QUICK, untilAcked, untilIsrFull, untilIsrOf, untilTold } from "./notation.ts";

export const twoFollowersCutOff: Scenario = {
  name: "two-followers-cut-off",
  title: "Two followers of three replicas are cut off",
  teaches:
    "min.insync.replicas=2 is a promise in both directions: a leader that is alone refuses to write (NOT_ENOUGH_REPLICAS) sooner than it " +
    "acknowledges what one disk could lose.",
  prose:
    "Three brokers and three controllers apart. Both followers of the partition are cut off from the other nodes. When they have left the ISR, " +
    "the leader is alone, and the producer is told NOT_ENOUGH_REPLICAS for every attempt. The cut heals; the followers catch up, and what the " +
    "producer had kept is written.",
  cluster: { brokers: 3, controllers: 3, properties: QUICK },
  topic: ONE_PARTITION,
  load: ACKS_ALL,
  steps: [untilAcked(500), cutOff(follower, otherFollower), untilIsrOf(1), untilTold("NOT_ENOUGH_REPLICAS"), heal, untilIsrFull, untilAcked(500)],
  expectation: { type: "clean" },
};
