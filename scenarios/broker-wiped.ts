import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, call, crash, leader, named, QUICK, restart, THREE_PARTITIONS, untilAcked, untilIsrFull, untilLedByAnother, wipe } from "./notation.ts";

const old = named("the old leader");

export const brokerWiped: Scenario = {
  name: "broker-wiped",
  title: "A broker returns with an empty disk",
  teaches:
    "A broker whose disk is new is another one under an old name: it has nothing that it had promised to keep, so it must not lead before it " +
    "has copied everything.",
  prose:
    "The broker that leads orders-0 is killed, and its disk is replaced by an empty one: its logs, its part of the metadata, all is gone. It " +
    "starts under its old id, is taken for what it is, copies everything and rejoins the ISR of every partition.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [
    untilAcked(1_000),
    call(leader, "the old leader"),
    crash(old),
    untilLedByAnother(old),
    untilAcked(500),
    wipe(old),
    restart,
    untilIsrFull,
    untilAcked(500),
  ],
  expectation: { type: "clean" },
};
