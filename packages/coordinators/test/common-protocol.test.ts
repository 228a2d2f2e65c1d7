import { expect, it } from "vitest";
import { commonProtocol } from "../src/groups/migration/common-protocol.ts";

it("finds the first protocol that all have", () => {
  expect(
    commonProtocol(
      ["sticky", "range", "roundrobin"],
      [
        ["roundrobin", "range"],
        ["range", "roundrobin", "range"],
      ],
    ),
  ).toBe("range");
  expect(commonProtocol(["range"], [])).toBe("range");
  expect(commonProtocol(["range", "sticky"], [["range"], ["sticky"]])).toBeUndefined();
  expect(commonProtocol([], [["range"]])).toBeUndefined();
});

it("goes once through each list, however many names a client gives", () => {
  let read = 0;
  const listOf = (kind: string): Iterable<string> => ({
    *[Symbol.iterator]() {
      for (let at = 0; at < 1_000; at++) yield (read++, `${kind} ${at}`);
      yield "range";
    },
  });
  expect(commonProtocol(listOf("a"), [listOf("b"), listOf("c")])).toBe("range");
  expect(read).toBe(3_000);
});
