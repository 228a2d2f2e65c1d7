import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  activeController,
  call,
  coordinatorOf,
  crash,
  leader,
  named,
  QUICK,
  restart,
  THREE_PARTITIONS,
  untilAcked,
  untilConsumed,
  untilController,
  untilFenced,
  untilIsrFull,
} from "./notation.ts";

const GROUP = "billing";

export const allRolesKilled: Scenario = {
  name: "all-roles-killed",
  title: "Controller, leader and coordinator die at once",
  teaches:
    "Roles are only roles: whoever has them may die at once. Writing stops where min.insync.replicas can not be met any more, and what was " +
    "acknowledged waits on disks.",
  prose:
    "Three brokers and three controllers apart, and a group that reads. The active controller, the broker that leads orders-0 and the one that " +
    "coordinates the group are killed together; up to two of three brokers are gone then, and writes with acks=all have to wait. When they " +
    "return, producer and group go on by themselves: nothing that was acknowledged or committed is lost.",
  cluster: { brokers: 3, controllers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: { ...ACKS_ALL, group: { groupId: GROUP, members: 2 } },
  steps: [
    untilConsumed(1_000),
    call(leader, "the old leader"),
    call(coordinatorOf(GROUP), "the old coordinator"),
    crash(activeController),
    crash(named("the old leader")),
    crash(named("the old coordinator")),
    untilController,
    untilFenced(named("the old leader")),
    untilFenced(named("the old coordinator")),
    restart,
    untilIsrFull,
    untilAcked(500),
    untilConsumed(500),
  ],
  expectation: { type: "clean" },
};
