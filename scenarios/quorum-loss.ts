import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, activeController, crash, restart, THREE_PARTITIONS, untilAcked, untilController } from "./notation.ts";

export const quorumLoss: Scenario = {
  name: "quorum-loss",
  title: "A majority of the controllers dies under load, and returns",
  teaches: "Without a quorum of controllers nothing can change, but leaders go on: the metadata are not on the path of a record.",
  prose:
    "Three brokers and three controllers apart. The active controller is killed with SIGKILL, another one takes over and is killed too: the one that is " +
    "left is no majority. Nothing can be created, changed or failed over then, and nobody is fenced: the leaders that there are must go on to acknowledge. " +
    "When the killed ones return, the metadata goes on by itself, and every acknowledged record is there, once and in order.",
  cluster: { brokers: 3, controllers: 3 },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [untilAcked(1_500), crash(activeController), untilController, crash(activeController), untilAcked(6_000), restart, untilController, untilAcked(1_500)],
  expectation: { type: "clean" },
};
