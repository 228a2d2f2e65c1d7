import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, coordinatorOf, crash, QUICK, restart, THREE_PARTITIONS, untilAcked, untilConsumed, untilIsrFull } from "./notation.ts";

const GROUP = "billing";

export const coordinatorKilled: Scenario = {
  name: "coordinator-killed",
  title: "The coordinator of a consumer group dies",
  teaches:
    "What a group has committed is a replicated log like any other (__consumer_offsets): the next leader of it coordinates the group, and no " +
    "commit goes back.",
  prose:
    "A group of two members reads what the producer writes, and commits each batch when it has been processed. The broker that coordinates the " +
    "group is killed. The group has to find its next coordinator and to go on there: in the end every acknowledged record was processed by a " +
    "member, and the committed offsets, asked for all the while, never went back.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: { ...ACKS_ALL, group: { groupId: GROUP, members: 2 } },
  steps: [untilConsumed(1_000), crash(coordinatorOf(GROUP)), untilConsumed(1_000), untilAcked(500), restart, untilIsrFull, untilConsumed(500)],
  expectation: { type: "clean" },
};
