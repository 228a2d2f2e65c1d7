import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  call,
  crash,
  leader,
  named,
  QUICK,
  restart,
  tear,
  THREE_PARTITIONS,
  untilAcked,
  untilIsrFull,
  untilLedByAnother,
  untilTornEndDropped,
} from "./notation.ts";

const old = named("the old leader");

export const tornSegment: Scenario = {
  name: "torn-segment",
  title: "A segment comes back torn",
  teaches:
    "What lies at the end of a log after a crash need not be a record: checksums find where it ends, the rest is dropped, and the leader has it " + "still.",
  prose:
    "The broker that leads orders-0 is killed. While it is down the end of its active segment is damaged: the last batch lacks bytes, and " +
    "garbage follows. At its start it reads its log back, drops what is no batch, and copies from the new leader what it lost.",
  cluster: { brokers: 3, properties: QUICK },
  topic: THREE_PARTITIONS,
  load: ACKS_ALL,
  steps: [
    untilAcked(1_000),
    call(leader, "the old leader"),
    crash(old),
    untilLedByAnother(old),
    tear(old),
    untilAcked(500),
    restart,
    untilTornEndDropped(old),
    untilIsrFull,
    untilAcked(500),
  ],
  expectation: { type: "clean" },
};
