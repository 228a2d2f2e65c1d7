import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { crc32c, portableCrc32c, useCrc32c } from "../../src/records/index.ts";

afterEach(() => useCrc32c(portableCrc32c));

/** Bit by bit, as the polynomial says. */
function reference(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return ~crc >>> 0;
}

test("the check value of the standard", () => {
  expect(crc32c(Uint8Array.from("123456789", (char) => char.charCodeAt(0)))).toBe(0xe306_9283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a91_36aa);
});

test("equals the definition, on any range of any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(300), (bytes, a, b) => {
      const start = Math.min(a, b, bytes.length);
      const end = Math.min(Math.max(a, b), bytes.length);
      expect(crc32c(bytes, start, end)).toBe(reference(bytes.subarray(start, end)));
    }),
    { seed: 20_261_121, numRuns: 500 },
  );
});

test("continues from the CRC of what came before", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      const middle = Math.min(cut, bytes.length);
      expect(crc32c(bytes, middle, bytes.length, crc32c(bytes, 0, middle))).toBe(crc32c(bytes));
    }),
    { seed: 20_261_121 },
  );
});

test("another implementation can take its place", () => {
  useCrc32c((bytes, start, end) => reference(bytes.subarray(start, end)));
  expect(crc32c(Uint8Array.of(1, 2, 3))).toBe(portableCrc32c(Uint8Array.of(1, 2, 3), 0, 3, 0));
});
