import type { Scenario } from "@samsa/scenario-runner";
import { ACKS_ALL, call, cutOff, follower, heal, named, ONE_PARTITION, QUICK, untilAcked, untilIsrFull, untilIsrWithout } from "./notation.ts";

const lost = named("the follower");

export const followerCutOff: Scenario = {
  name: "follower-cut-off",
  title: "A follower is cut off from the other nodes",
  teaches:
    "A follower that is gone costs a wait, and no record: with acks=all the leader waits for it until it has left the ISR, and goes on with the " + "others.",
  prose:
    "No byte passes between a follower and the other nodes any more, in either direction. The leader takes it out of the ISR, and records are " +
    "acknowledged again by those that are left. The cut heals; the follower copies what it missed and rejoins the ISR.",
  cluster: { brokers: 3, properties: QUICK },
  topic: ONE_PARTITION,
  load: ACKS_ALL,
  steps: [untilAcked(500), call(follower, "the follower"), cutOff(lost), untilIsrWithout(lost), untilAcked(500), heal, untilIsrFull, untilAcked(300)],
  expectation: { type: "clean" },
};
