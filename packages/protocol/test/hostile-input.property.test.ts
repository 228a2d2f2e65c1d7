import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError, decodeRequestHeader, Reader, Writer } from "../src/index.ts";
import { describedMessages } from "./described-messages.ts";
import { messageArbitrary } from "./message-arbitrary.ts";
import { recordedPairs } from "./recorded-frames.ts";

const SEED = 20_261_121;

/** The error of the decoder, or undefined. Whatever else is thrown fails the test. */
function refusalOf(run: () => unknown): DecodeError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

function encoded(encode: (writer: Writer, value: object) => void, value: object): Uint8Array {
  const writer = new Writer();
  encode(writer, value);
  return writer.finishBytes();
}

describe.each(describedMessages())("$title", ({ message, version, decode, encode }) => {
  test("is refused when it is cut off at any byte", () => {
    fc.assert(
      fc.property(messageArbitrary(message, version), (value) => {
        const bytes = encoded(encode, value);
        for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 200)) {
          expect([length, refusalOf(() => decode(new Reader(bytes.subarray(0, length))))?.constructor]).toEqual([length, DecodeError]);
        }
      }),
      { seed: SEED, numRuns: 3 },
    );
  });

  test("with a few bits flipped it decodes or is refused, nothing else", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(messageArbitrary(message, version), flips, (value, bits) => {
        const bytes = encoded(encode, value).slice();
        for (const [at, bit] of bits) {
          const index = at % Math.max(1, bytes.length);
          bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        }
        refusalOf(() => decode(new Reader(bytes)));
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test("of random bytes it decodes or is refused, nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refusalOf(() => decode(new Reader(bytes)));
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

test("a recorded request with any one of its bytes set to an extreme decodes or is refused", () => {
  for (const pair of recordedPairs().filter(({ request }) => request.length < 300)) {
    for (let at = 0; at < pair.request.length; at++) {
      for (const byte of [0x00, 0x7f, 0x80, 0xff]) {
        const bytes = pair.request.slice();
        bytes[at] = byte;
        refusalOf(() => {
          const header = decodeRequestHeader(bytes);
          header.api?.decodeRequest(header.bodyReader, header.apiVersion);
        });
      }
    }
  }
});
