import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  call,
  cutOneWay,
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

export const oneWayCut: Scenario = {
  name: "one-way-cut",
  title: "A leader hears the others, and is not heard",
  teaches:
    "A network may fail in one direction. Whoever is not heard is gone for the others, though everything that they say still arrives: it must " +
    "not take that for a sign of life.",
  prose:
    "Nothing that the leader of orders-0 sends reaches the other nodes; what they send does arrive. Its heartbeats are missed, it is fenced, " +
    "and another replica leads. Requests of its followers still come in, and no answer gets out. The cut heals.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [untilAcked(1_000), call(leader, "the old leader"), cutOneWay(old), untilLedByAnother(old), untilAckedThere(300), heal, untilIsrFull, untilAcked(500)],
  expectation: { type: "clean" },
};
