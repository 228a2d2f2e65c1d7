import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, fillDisk, heal, leader, QUICK, THREE_PARTITIONS, untilAcked, untilAckedThere, untilIsrFull, untilTold } from "./notation.ts";

export const diskFull: Scenario = {
  name: "disk-full",
  title: "The disk of a leader is full",
  teaches:
    "A full disk is no reason to die, and none to lie: the leader refuses what it can not write, keeps what it has, and goes on by itself when " +
    "there is room.",
  prose:
    "The broker that leads orders-0 has no room left: whatever would make a file longer fails with ENOSPC. The producer is told " +
    "KAFKA_STORAGE_ERROR, and tries again. Then there is room, and records are acknowledged again without anybody having to restart anything.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [untilAcked(1_000), fillDisk(leader), untilTold("KAFKA_STORAGE_ERROR"), heal, untilAckedThere(300), untilIsrFull, untilAcked(500)],
  expectation: { type: "clean" },
};
