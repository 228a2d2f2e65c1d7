import { expect, it } from "vitest";
import { CONNECTION_TURN_BYTES_MAX, ReadBudget, ReadShare, TURN_BYTES_MAX } from "../src/read-budget.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function connection(resumed: string[], name: string): ReadShare {
  return new ReadShare(() => resumed.push(name));
}

it("stops one connection at its share, not the others, until the next turn of the event loop", async () => {
  const [budget, resumed] = [new ReadBudget(), [] as string[]];
  const [greedy, modest] = [connection(resumed, "greedy"), connection(resumed, "modest")];
  expect([budget.spend(greedy, CONNECTION_TURN_BYTES_MAX - 1), budget.spend(greedy, 1), budget.spend(modest, 1)]).toEqual([true, false, true]);
  expect(resumed).toEqual([]);
  await nextTurn();
  expect(resumed).toEqual(["greedy"]);
  expect(budget.spend(greedy, CONNECTION_TURN_BYTES_MAX - 1)).toBe(true);
});

it("stops everybody who reads once all together have read their part", async () => {
  const [budget, resumed] = [new ReadBudget(), [] as string[]];
  const share = CONNECTION_TURN_BYTES_MAX - 1;
  const count = Math.ceil(TURN_BYTES_MAX / share);
  const answers = Array.from({ length: count + 1 }, (_, index) => budget.spend(connection(resumed, String(index)), share));
  expect(answers).toEqual([...Array.from({ length: count - 1 }, () => true), false, false]);
  await nextTurn();
  expect(resumed).toEqual([String(count - 1), String(count)]);
  expect(budget.spend(connection(resumed, "next"), share)).toBe(true);
});
