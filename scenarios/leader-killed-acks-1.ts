import type { Scenario } from "@samsa/scenario-runner";
import {
  ACKS_ALL,
  call,
  crash,
  follower,
  heal,
  leader,
  named,
  ONE_PARTITION,
  otherFollower,
  pause,
  restart,
  untilAcked,
  untilIsrFull,
  untilLedByAnother,
} from "./notation.ts";

const old = named("the old leader");

export const leaderKilledAcks1: Scenario = {
  name: "leader-killed-acks-1",
  title: "With acks=1 the leader dies with records that nobody else has",
  teaches: "acks=1 is a promise of one machine: what the leader has acknowledged and not yet handed on dies with it, and no error tells anybody.",
  prose:
    "A producer writes with acks=1. Both followers are paused, so that they fetch nothing; the leader goes on to acknowledge, alone. Then it is " +
    "killed, and the followers go on. One of them leads, without the records. The verdict names each of them. When the old leader returns, it " +
    "has to cut them off its log.",
  cluster: { brokers: 3 },
  topic: ONE_PARTITION,
  load: { ...ACKS_ALL, acks: 1, isIdempotent: false },
  steps: [
    untilAcked(500),
    pause(follower),
    pause(otherFollower),
    untilAcked(300),
    call(leader, "the old leader"),
    crash(old),
    heal,
    untilLedByAnother(old),
    untilAcked(500),
    restart,
    untilIsrFull,
  ],
  expectation: { type: "loss", kind: "acks-1", because: "with acks=1 a record may vanish with the leader that acknowledged it" },
};
