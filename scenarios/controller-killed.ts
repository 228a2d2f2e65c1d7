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

export const controllerKilled: Scenario = {
  name: "controller-killed",
  title: "The active controller dies, and then a leader",
  teaches:
    "The active controller is on the path of no record: when it dies, another one takes over, and a leader that dies right after is replaced as " +
    "quickly as ever.",
  prose:
    "Three brokers and three controllers apart. The active controller is killed with SIGKILL; another voter takes over. To see that it governs, " +
    "the broker that leads orders-0 is killed then: another replica has to lead. Everybody returns.",
  cluster: { brokers: 3, controllers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [
    untilAcked(1_000),
    crash(activeController),
    untilController,
    untilAcked(500),
    call(leader, "the old leader"),
    crash(old),
    untilLedByAnother(old),
    untilAcked(1_000),
    restart,
    untilIsrFull,
    untilAcked(500),
  ],
  expectation: { type: "clean" },
};
