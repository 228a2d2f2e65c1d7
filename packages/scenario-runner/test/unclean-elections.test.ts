import { expect, test } from "vitest";
import { UncleanElections } from "../src/run/unclean-elections.ts";

const election = (because: string, { leader = 2, leaderEpoch = 1 } = {}) =>
  ({ node: 1, kind: "leader-elected", topic: "orders", partition: 0, leader, leaderEpoch, isr: [2], because }) as const;

test("an election from outside of ISR and ELR excuses the loss of what was sent before it, once, whoever tells of it", () => {
  const elections = new UncleanElections();
  const unclean = election("broker 2 is back; unclean: not even the last known leader, ISR and ELR are empty");
  elections.add(unclean, 5_000);
  elections.add({ ...unclean, node: 3 }, 9_000);
  expect(elections.excuses()).toMatchObject([{ topic: "orders", partition: 0, sentBeforeUs: 5_000, permits: ["lost", "unseen", "misplaced"] }]);
});

test("an election from the ISR or the ELR, and one that ends with nobody, excuse nothing", () => {
  const elections = new UncleanElections();
  elections.add(election("its session is over; from the ISR"), 1);
  elections.add(election("unclean elections are allowed; from the ELR"), 2);
  elections.add(election("x; unclean: last known leader, ISR and ELR are empty", { leader: -1 }), 3);
  expect(elections.excuses()).toEqual([]);
});
