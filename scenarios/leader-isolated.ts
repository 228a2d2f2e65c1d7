import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  call,
  cutOff,
  heal,
  leader,
  named,
  QUICK,
  THREE_PARTITIONS,
  untilAcked,
  untilAckedThere,
  untilIsrFull,
  untilLedByAnother,
} from "./notation.ts";

const old = named("the old leader");

export const leaderIsolated: Scenario = {
  name: "leader-isolated",
  title: "A leader is cut off together with its clients",
  teaches:
    "Two brokers may believe at the same time that they lead. The epoch and the ISR decide: the one that is cut off can not acknowledge " +
    "anything with acks=all, however many clients still reach it.",
  prose:
    "The broker that leads orders-0 is cut off from the other nodes, and the producer still reaches all of them. The controllers fence it, and " +
    "another replica leads in the next epoch. The old leader does not know: it takes records and waits in vain for its followers. When the cut " +
    "heals, it truncates what it alone has.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [untilAcked(1_000), call(leader, "the old leader"), cutOff(old), untilLedByAnother(old), untilAckedThere(300), heal, untilIsrFull, untilAcked(500)],
  expectation: { type: "clean" },
};
