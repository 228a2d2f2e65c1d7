import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Reader, Writer } from "../src/index.ts";
import { describedMessages } from "./described-messages.ts";
import { messageArbitrary } from "./message-arbitrary.ts";

const SEED = 20_261_121;
const RUNS = 25;

describe.each(describedMessages())("$title", ({ message, version, decode, encode }) => {
  test("decodes to what was encoded, to the last byte", () => {
    fc.assert(
      fc.property(messageArbitrary(message, version), (value) => {
        const writer = new Writer();
        encode(writer, value);
        const reader = new Reader(writer.finishBytes());
        expect(decode(reader)).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
