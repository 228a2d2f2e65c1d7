import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, node, QUICK, restart, stop, THREE_PARTITIONS, untilAcked, untilIsrFull, untilLetGo } from "./notation.ts";

export const rollingRestart: Scenario = {
  name: "rolling-restart",
  title: "Every broker is restarted in order, one after the other",
  teaches:
    "A broker that is asked to stop hands its leaderships over first: who restarts a cluster broker by broker, and waits each time until every " +
    "ISR is full, need not tell anybody.",
  prose:
    "Each of three brokers gets SIGTERM, moves its leaderships to others, ends with code 0, starts again and rejoins every ISR before the next " +
    "one is stopped. The producer goes on all the while.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [
    untilAcked(500),
    stop(node(1)),
    untilLetGo(node(1)),
    untilAcked(300),
    restart,
    untilIsrFull,
    stop(node(2)),
    untilLetGo(node(2)),
    untilAcked(300),
    restart,
    untilIsrFull,
    stop(node(3)),
    untilLetGo(node(3)),
    untilAcked(300),
    restart,
    untilIsrFull,
    untilAcked(500),
  ],
  expectation: { type: "clean" },
};
