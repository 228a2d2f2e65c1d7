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
  untilLedBy,
  untilNoLeader,
  untilUnfenced,
} from "./notation.ts";

const old = named("the old leader");
const first = named("the first follower");
const second = named("the second follower");

export const uncleanElectionOff: Scenario = {
  name: "unclean-election-off",
  title: "The last in-sync replica dies; nobody else may lead",
  teaches:
    "With unclean.leader.election.enable=false a partition sooner has no leader than one that lacks records: availability is given up, and " +
    "nothing is lost.",
  prose:
    "Three brokers and three controllers apart; min.insync.replicas is 1. Both followers are paused until they have left the ISR; the leader " +
    "acknowledges alone, and is killed. The followers come back, and are in service, but the partition stays without a leader: neither has what " +
    "was acknowledged last. Only when the old leader returns does it lead again, and everything is there.",
  cluster: { brokers: 3, controllers: 3, properties: QUICK },
  topic: { ...ONE_PARTITION, minInsyncReplicas: 1 },
  load: ACKS_ALL,
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
    untilNoLeader,
    heal,
    untilUnfenced(first),
    untilUnfenced(second),
    untilNoLeader,
    restart,
    untilLedBy(old),
    untilIsrFull,
    untilAcked(300),
  ],
  expectation: { type: "clean" },
};
