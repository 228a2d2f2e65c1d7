import { expect, test } from "vitest";
import { ErrorCode, errorName, errorOf, errors, isRetriable } from "../src/index.ts";

test("the codes are −1 to 133 without a gap, as in Kafka 4.3", () => {
  const codes = Object.values(ErrorCode).toSorted((a, b) => a - b);
  expect(codes).toEqual(Array.from({ length: 135 }, (_, index) => index - 1));
});

test("every error but NONE has a message", () => {
  expect(
    Object.values(errors)
      .filter((error) => error.message === "")
      .map((error) => error.name),
  ).toEqual(["NONE"]);
});

test("errors are found by code", () => {
  expect(errorName(ErrorCode.NOT_LEADER_OR_FOLLOWER)).toBe("NOT_LEADER_OR_FOLLOWER");
  expect(errorOf(87)).toBe(errors.INVALID_RECORD);
  expect([isRetriable(6), isRetriable(87), isRetriable(0)]).toEqual([true, false, false]);
});

test("a code that Kafka does not have still has something to call it", () => {
  expect([errorName(999), errorOf(999), isRetriable(999)]).toEqual(["ERROR_999", undefined, false]);
});
