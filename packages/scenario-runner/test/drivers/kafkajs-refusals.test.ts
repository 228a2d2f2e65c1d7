import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { refusalOf } from "../../src/drivers/kafkajs-refusals.ts";

/** Its table of errors, which it does not export. */
const { errorCodes } = createRequire(import.meta.url)("kafkajs/src/protocol/error") as {
  readonly errorCodes: readonly { readonly type: string; readonly message: string; readonly retriable: boolean }[];
};
/** As kafkajs calls it still. */
const OLD_NAMES: Readonly<Record<string, string>> = { NOT_LEADER_FOR_PARTITION: "NOT_LEADER_OR_FOLLOWER" };

test.each([
  "NOT_ENOUGH_REPLICAS",
  "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  "NOT_LEADER_FOR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "REQUEST_TIMED_OUT",
  "KAFKA_STORAGE_ERROR",
])("kafkajs's sentence for %s is known, and it tries again after it", (type) => {
  const error = errorCodes.find((one) => one.type === type);
  expect(error?.retriable).toBe(true);
  expect(refusalOf(`Failed to send messages: ${error?.message}`)).toBe(OLD_NAMES[type] ?? type);
});

test("what is about no broker's answer is nobody's refusal", () => {
  expect(refusalOf("Failed to send messages: Connection error: connect ECONNREFUSED")).toBeUndefined();
});
