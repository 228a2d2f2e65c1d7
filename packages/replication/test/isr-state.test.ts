import { brokerEpoch, leaderEpoch, micros, nodeId, type Now, partitionEpoch, uuid, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import type { IsrChange } from "../src/index.ts";
import { IsrState } from "../src/isr-state.ts";

const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(ms) });
const ids = (...of: number[]): ReturnType<typeof nodeId>[] => of.map(nodeId);

function changeTo(...isr: number[]): IsrChange {
  const newIsr = ids(...isr).map((brokerId) => ({ brokerId, brokerEpoch: brokerEpoch(7) }));
  return { topicId: uuid("orders"), partition: 0, leaderEpoch: leaderEpoch(1), partitionEpoch: partitionEpoch(4), newIsr };
}

function proposed(...isr: number[]): IsrState {
  const state = new IsrState(ids(0, 1), partitionEpoch(4));
  state.propose(changeTo(...isr));
  return state;
}

const answer = (state: IsrState, error: string, ms = 0): void => state.answered({ error }, leaderEpoch(1), () => changeTo(0, 1), at(ms));

it("counts joiners from the proposal on, and leavers until it is settled", () => {
  expect(proposed(0, 1, 2).maximalIsr).toEqual([0, 1, 2]);
  expect(proposed(0).maximalIsr).toEqual([0, 1]);
});

it("is settled by the controller's answer of this leader epoch", () => {
  const state = proposed(0, 1, 2);
  state.answered(
    { error: "NONE", leader: nodeId(0), leaderEpoch: leaderEpoch(2), partitionEpoch: partitionEpoch(5), isr: ids(1) },
    leaderEpoch(1),
    () => changeTo(0, 1),
    at(0),
  );
  expect(state.maximalIsr).toEqual([0, 1, 2]);
  state.answered(
    { error: "NONE", leader: nodeId(0), leaderEpoch: leaderEpoch(1), partitionEpoch: partitionEpoch(5), isr: ids(0, 1, 2) },
    leaderEpoch(1),
    () => changeTo(0, 1),
    at(0),
  );
  expect([state.isr, state.partitionEpoch, state.proposal]).toEqual([[0, 1, 2], 5, undefined]);
});

it("forgets a proposal that was refused, and rests before the next", () => {
  const state = proposed(0, 1, 2);
  answer(state, "INELIGIBLE_REPLICA");
  expect([state.maximalIsr, state.mayPropose(at(49)), state.mayPropose(at(50))]).toEqual([[0, 1], false, true]);
});

it("keeps the maximal ISR when an attempt before the refused one may still arrive, and asks for the committed ISR", () => {
  const state = proposed(0, 1, 2);
  answer(state, "TIMED_OUT");
  expect(state.proposal?.change).toEqual(changeTo(0, 1, 2));
  state.retried();
  answer(state, "INELIGIBLE_REPLICA");
  expect([state.maximalIsr, state.proposal?.change]).toEqual([[0, 1, 2], changeTo(0, 1)]);
});

it("asks the same again after a back-off that grows to a second", () => {
  const state = proposed(0);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    answer(state, attempt % 2 === 0 ? "TIMED_OUT" : "NOT_CONTROLLER", 0);
    waits.push((state.proposal?.retryAtUs ?? 0) / 1000);
    state.retried();
    expect(state.proposal?.retryAtUs).toBeUndefined();
  }
  expect(waits).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
  expect(state.maximalIsr).toEqual([0, 1]);
});

it("leaves it to the metadata where the epochs have moved: an attempt whose answer was lost may have moved them", () => {
  for (const error of ["INVALID_UPDATE_VERSION", "FENCED_LEADER_EPOCH"]) {
    const state = proposed(0, 1, 2);
    answer(state, error);
    expect([state.maximalIsr, state.proposal?.retryAtUs]).toEqual([[0, 1, 2], 1_000_000]);
    state.commit(ids(0), partitionEpoch(5));
    expect(state.maximalIsr).toEqual([0]);
  }
});
