import { expect, test } from "vitest";
import { offsetsPartitionOf } from "../src/foreign-clients/offsets-partition.ts";
import { ClusterState } from "../src/run/cluster-state.ts";

const election = (leader: number, leaderEpoch: number, isr: readonly number[]) =>
  ({ node: 1, kind: "leader-elected", topic: "orders", partition: 0, leader, leaderEpoch, isr, because: "" }) as const;
const isrOf = (isr: readonly number[], leaderEpoch: number, partitionEpoch = 1) =>
  ({ node: 1, kind: "isr-changed", topic: "orders", partition: 0, isr, leaderEpoch, partitionEpoch, because: "" }) as const;
const leader = { type: "leader", topic: "orders", partition: 0 } as const;
const follower = { type: "follower", topic: "orders", partition: 0 } as const;

test("roles are who has them now", () => {
  const state = new ClusterState();
  state.apply({ node: 2, kind: "controller", isActive: true, epoch: 1 });
  state.apply(election(1, 0, [1, 2, 3]));
  expect([state.resolve(leader), state.resolve(follower), state.resolve({ type: "active-controller" })]).toEqual([1, 2, 2]);
  state.apply(election(3, 1, [3, 2]));
  expect([state.resolve(leader), state.resolve(follower)]).toEqual([3, 2]);
  expect(state.ledBy(3)).toEqual(["orders-0"]);
});

test("followers are counted in the order of the ISR, and a group's coordinator leads its partition of the offsets", () => {
  const state = new ClusterState();
  state.apply(election(2, 0, [3, 2, 1]));
  expect([0, 1, 2].map((index) => state.resolve({ ...follower, index }))).toEqual([3, 1, undefined]);
  const coordinator = { type: "coordinator", groupId: "billing" } as const;
  expect(state.resolve(coordinator)).toBeUndefined();
  for (let partition = 0; partition < 50; partition++) state.apply({ ...election(1 + (partition % 3), 0, [1]), topic: "__consumer_offsets", partition });
  expect(state.resolve(coordinator)).toBe(1 + (offsetsPartitionOf("billing") % 3));
});

test("nobody has a role that is vacant", () => {
  const state = new ClusterState();
  expect([state.resolve(leader), state.resolve(follower), state.resolve({ type: "active-controller" })]).toEqual([undefined, undefined, undefined]);
  state.apply(election(-1, 0, []));
  expect(state.resolve(leader)).toBeUndefined();
});

test("an old controller's late word changes nothing", () => {
  const state = new ClusterState();
  state.apply({ node: 2, kind: "controller", isActive: true, epoch: 5 });
  state.apply({ node: 1, kind: "controller", isActive: true, epoch: 4 });
  expect(state.activeController).toBe(2);
  state.apply(election(3, 7, [3]));
  state.apply(election(1, 6, [1, 2, 3]));
  state.apply(isrOf([1, 2, 3], 6));
  expect(state.partition("orders", 0)).toEqual({ leader: 3, leaderEpoch: 7, partitionEpoch: -1, isr: [3] });
});

test("an ISR that is told again, or late, does not come back, also not after an election", () => {
  const state = new ClusterState();
  const isr = (): readonly number[] | undefined => state.partition("orders", 0)?.isr;
  state.apply(election(2, 0, [1, 2, 3]));
  state.apply(isrOf([2, 3], 0, 5));
  expect(isr()).toEqual([2, 3]);
  state.apply(isrOf([1, 2, 3], 0, 6));
  for (const again of [isrOf([2, 3], 0, 5), isrOf([1, 2, 3], 0, 6)]) {
    state.apply(again);
    expect(isr()).toEqual([1, 2, 3]);
  }
  state.apply(election(3, 1, [3, 1]));
  state.apply(isrOf([2, 3], 1, 6));
  expect(isr()).toEqual([3, 1]);
  state.apply(isrOf([3], 1, 7));
  expect(isr()).toEqual([3]);
});

test("a controller that steps down leaves the place empty", () => {
  const state = new ClusterState();
  state.apply({ node: 2, kind: "controller", isActive: true, epoch: 5 });
  state.apply({ node: 2, kind: "controller", isActive: false, epoch: 5 });
  expect(state.activeController).toBe(-1);
});

test("brokers in service are those that were unfenced last", () => {
  const state = new ClusterState();
  for (const broker of [1, 2]) state.apply({ node: 1, kind: "broker-unfenced", broker, epoch: broker });
  state.apply({ node: 1, kind: "broker-fenced", broker: 1, epoch: 1, because: "session timed out" });
  expect([...state.unfenced]).toEqual([2]);
});

test("a killed process is out of service and of the quorum before anybody tells of it, and has to come back", () => {
  const state = new ClusterState();
  state.apply({ node: 1, kind: "controller", isActive: true, epoch: 1 });
  for (const id of [1, 2]) {
    state.apply({ node: 2, kind: "broker-unfenced", broker: id, epoch: id });
    state.apply({ node: id, kind: "raft-role", role: "follower", term: 1, leader: 2 });
  }
  state.killed(1);
  expect([state.activeController, [...state.unfenced], [...state.inQuorum]]).toEqual([-1, [2], [2]]);
  state.apply({ node: 1, kind: "raft-role", role: "follower", term: 1, leader: -1 });
  expect([...state.inQuorum]).toEqual([2]);
  state.apply({ node: 1, kind: "raft-role", role: "follower", term: 2, leader: 2 });
  expect([...state.inQuorum]).toEqual([2, 1]);
});

test("a node that has ended is not the active controller, until it says so again", () => {
  const state = new ClusterState();
  state.apply({ node: 2, kind: "controller", isActive: true, epoch: 5 });
  state.nodeEnded(3);
  expect(state.resolve({ type: "active-controller" })).toBe(2);
  state.nodeEnded(2);
  expect(state.resolve({ type: "active-controller" })).toBeUndefined();
  state.apply({ node: 2, kind: "controller", isActive: true, epoch: 6 });
  expect(state.resolve({ type: "active-controller" })).toBe(2);
});
