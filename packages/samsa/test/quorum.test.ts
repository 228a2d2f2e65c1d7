import { expect, test } from "vitest";
import { formatLoss } from "../src/commands/quorum.ts";

test("without a majority an operator reads how many voters answer, how many are needed and who is missing", () => {
  expect(formatLoss([4, 5, 6], [6, 4])).toBe(
    "1 of 3 voters answer, 2 are needed; 4, 6 can't be reached.\n" +
      "Partitions go on with the leaders they have; nothing can be created, changed or failed over until a majority is back.\n",
  );
  expect(formatLoss([1, 2, 3, 4], [1, 2])).toMatch(/^2 of 4 voters answer, 3 are needed; 1, 2 can't be reached\.\n/);
});

test("with a majority that answers it is an election that is waited for", () => {
  expect(formatLoss([1, 2, 3, 4, 5], [2, 5])).toBe("3 of 5 voters answer, which is a majority: an election may be under way; ask again.\n");
});
