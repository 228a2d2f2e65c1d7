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
  QUICK,
  restart,
  untilAcked,
  untilFenced,
  untilIsrFull,
  untilIsrOf,
  untilLedByAnother,
} from "./notation.ts";

const old = named("the old leader");
const first = named("the first follower");
const second = named("the second follower");

export const uncleanElectionOn: Scenario = {
  name: "unclean-election-on",
  title: "The last in-sync replica dies; a replica leads that lacks records",
  teaches:
    "With unclean.leader.election.enable=true a partition is available again at once, and the price is what the new leader lacks: records that " +
    "were acknowledged with acks=all are gone.",
  prose:
    "The same as in unclean-election-off, but for the setting of the topic. As soon as a follower is back it is elected, though it has left the " +
    "ISR long before. What only the old leader had is lost, and the verdict names it. The old leader returns and has to truncate it.",
  cluster: { brokers: 3, controllers: 3, properties: QUICK },
  topic: { ...ONE_PARTITION, minInsyncReplicas: 1, configs: { "unclean.leader.election.enable": "true" } },
  load: { ...ACKS_ALL, isIdempotent: false },
  steps: [
    untilAcked(300),
    call(leader, "the old leader"),
    call(follower, "the first follower"),
    call(otherFollower, "the second follower"),
    pause(first),
    pause(second),
    untilFenced(first),
    untilFenced(second),
    untilIsrOf(1),
    untilAcked(300),
    crash(old),
    heal,
    untilLedByAnother(old),
    untilAcked(300),
    restart,
    untilIsrFull,
    untilAcked(300),
  ],
  expectation: { type: "loss", kind: "unclean-election", because: "unclean.leader.election.enable allows a leader that lacks records" },
};
