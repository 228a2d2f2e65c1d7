import { brokerEpoch, leaderEpoch, micros, nodeId, type Now, offset, partitionEpoch } from "@samsa/stdx";
import { expect, it } from "vitest";
import { Leader } from "../src/leader.ts";

const NOW = { monotonicUs: 0, wallMs: 0 } as Now;
const FOLLOWER = nodeId(2);
const BOUNDS = { logStartOffset: offset(0), highWatermark: offset(9) };

const stateOf = (epoch: number, replicas: readonly number[]) => ({
  leaderEpoch: leaderEpoch(1),
  partitionEpoch: partitionEpoch(epoch),
  replicas: replicas.map(nodeId),
  isr: [nodeId(1)],
  minInsyncReplicas: 1,
});

it("forgets what a replica proved that is taken from the replicas: added again in the same leader epoch it may have lost all (P11)", () => {
  const leader = new Leader({ self: nodeId(1), state: stateOf(0, [1, 2]), epochStartOffset: offset(0), replicaLagTimeMaxMs: 1000, now: NOW });
  leader.fetched(
    FOLLOWER,
    { fetchOffset: offset(9), brokerEpoch: brokerEpoch(5), logStartOffset: offset(0), times: { lastFetchUs: micros(0) } },
    offset(9),
    NOW,
  );
  expect(leader.mayJoin(FOLLOWER, BOUNDS, { brokerEpoch: brokerEpoch(5), isFenced: false })).toBe(true);
  leader.update(stateOf(1, [1]), NOW);
  leader.update(stateOf(2, [1, 2]), NOW);
  expect(leader.provedOf(FOLLOWER)).toBeUndefined();
  expect(leader.mayJoin(FOLLOWER, BOUNDS, { brokerEpoch: brokerEpoch(5), isFenced: false })).toBe(false);
});

it("lets nobody join whose log starts before its own: elected at once, it would bring back what was deleted", () => {
  const leader = new Leader({ self: nodeId(1), state: stateOf(0, [1, 2]), epochStartOffset: offset(0), replicaLagTimeMaxMs: 1000, now: NOW });
  const view = { brokerEpoch: brokerEpoch(5), isFenced: false };
  const says = (logStartOffset: number): void =>
    leader.fetched(
      FOLLOWER,
      { fetchOffset: offset(9), brokerEpoch: brokerEpoch(5), logStartOffset: offset(logStartOffset), times: { lastFetchUs: micros(0) } },
      offset(9),
      NOW,
    );
  const deleted = { ...BOUNDS, logStartOffset: offset(6) };
  says(5);
  expect(leader.mayJoin(FOLLOWER, deleted, view)).toBe(false);
  says(6);
  expect(leader.mayJoin(FOLLOWER, deleted, view)).toBe(true);
});
