import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  call,
  heal,
  leader,
  named,
  pause,
  QUICK,
  THREE_PARTITIONS,
  untilAcked,
  untilAckedThere,
  untilIsrFull,
  untilLedByAnother,
} from "./notation.ts";

const old = named("the old leader");

export const leaderPaused: Scenario = {
  name: "leader-paused",
  title: "A leader stands still, and wakes up as if nothing had happened",
  teaches:
    "A process that stands still (a long collection of garbage, a stalled machine) does not know that time has passed: when it goes on it still " +
    "believes to lead, until an epoch tells it otherwise.",
  prose:
    "The broker that leads orders-0 gets SIGSTOP: its connections stay open, and nobody answers. It is fenced, and another replica leads. Then " +
    "it goes on (SIGCONT) with requests in its queue that it could have acknowledged a while ago. It must not; it truncates what it alone has " +
    "and rejoins the ISR.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [untilAcked(1_000), call(leader, "the old leader"), pause(old), untilLedByAnother(old), untilAckedThere(300), heal, untilIsrFull, untilAcked(500)],
  expectation: { type: "clean" },
};
