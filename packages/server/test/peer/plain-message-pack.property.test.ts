import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "../../src/peer/codec.ts";
import { isPlainMessagePack } from "../../src/peer/plain-message-pack.ts";

const SEED = 20_261_121;

/** What messages are made of. */
const { value: plain } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 40 }), fc.uint8Array({ maxLength: 300 })),
    fc.array(tie("value"), { maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 5 }), tie("value"), { maxKeys: 20 }),
  ),
}));

const nested = (depth: number): Uint8Array => Uint8Array.from({ length: depth + 1 }, (_, index) => (index === depth ? 0xc0 : 0x91));

describe("Plain MessagePack", () => {
  it(`is what our own encoder makes of plain values, whole and nothing behind it (seed ${SEED})`, () => {
    fc.assert(
      fc.property(plain, fc.nat(), (value, cut) => {
        const bytes = pack(value);
        expect(isPlainMessagePack(bytes)).toBe(true);
        expect(isPlainMessagePack(bytes.subarray(0, cut % bytes.length))).toBe(false);
        expect(isPlainMessagePack(Uint8Array.of(...bytes, 0xc0))).toBe(false);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it(`is all that a decoder may be given: it then takes every byte and never fails (seed ${SEED})`, () => {
    // Beginnings of composite values are common, so that noise goes deep.
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x91, 0x92, 0x81, 0x82, 0xdc, 0xde, 0xc4, 0xd9, 0xa1, 0xc7, 0xd4, 0x00));
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 60 }), (noise) => {
        const bytes = Uint8Array.from(noise);
        if (!isPlainMessagePack(bytes)) return;
        accepted++;
        expect(unpack(bytes) === undefined).toBe(false);
      }),
      { seed: SEED, numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it.each([
    ["nothing", []],
    ["an array that claims 2^32 − 1 elements", [0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0]],
    ["a map that claims 2^32 − 1 pairs", [0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0, 0xc0]],
    ["a text of 4 GiB", [0xdb, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ["half a length", [0xdc, 0x00]],
    ["the kind that is never used", [0xc1]],
    ["an undefined of the decoder's own", [0xd4, 0x00, 0x00]],
    ["the definition of a record", [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01]],
    ["an error", [0xc7, 0x04, 0x65, 0x92, 0xa1, 0x61, 0xa0]],
    ["a pattern", [0xd6, 0x78, 0x92, 0xa1, 0x61, 0xa0]],
    ["bundled texts that point elsewhere", [0xc8, 0x00, 0x04, 0x62, 0xff, 0xff, 0xff, 0xff]],
    ["a map with a number for a key", [0x81, 0x01, 0xc0]],
    ["a map with a map for a key", [0x81, 0x80, 0xc0]],
    ["a date", [0xd6, 0xff, 0x00, 0x00, 0x00, 0x00]],
  ])("is not %s", (_, bytes) => {
    expect(isPlainMessagePack(Uint8Array.from(bytes))).toBe(false);
  });

  it("is at most 16 deep and has at most a million values", () => {
    expect([isPlainMessagePack(nested(15)), isPlainMessagePack(nested(16)), isPlainMessagePack(nested(5_000_000))]).toEqual([true, false, false]);
    const nils = (count: number): Uint8Array => {
      const bytes = new Uint8Array(5 + count).fill(0xc0);
      new DataView(bytes.buffer).setUint32(1, count);
      bytes[0] = 0xdd;
      return bytes;
    };
    expect([isPlainMessagePack(nils(999_999)), isPlainMessagePack(nils(1_000_000))]).toEqual([true, false]);
  });
});
