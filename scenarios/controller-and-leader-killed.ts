import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  activeController,
  call,
  crash,
  leader,
  named,
  QUICK,
  restart,
  THREE_PARTITIONS,
  untilAcked,
  untilController,
  untilIsrFull,
  untilLedByAnother,
} from "./notation.ts";

const old = named("the old leader");

export const controllerAndLeaderKilled: Scenario = {
  name: "controller-and-leader-killed",
  title: "The active controller and a leader die at once",
  teaches:
    "A leader can only be replaced by a controller: when both die together, first the quorum elects a controller, which then has to find out by " +
    "itself who else is gone.",
  prose:
    "Three brokers and three controllers apart. The active controller and the broker that leads orders-0 are killed in the same moment, so that " +
    "nobody is left who was told of the broker. The next controller looks who answers, and another replica leads. Both return.",
  cluster: { brokers: 3, controllers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [
    untilAcked(1_000),
    call(leader, "the old leader"),
    crash(activeController),
    crash(old),
    untilController,
    untilLedByAnother(old),
    untilAcked(1_000),
    restart,
    untilIsrFull,
    untilAcked(500),
  ],
  expectation: { type: "clean" },
};
