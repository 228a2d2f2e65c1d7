import { decodeUtf8, encodeUtf8, portableUtf8, useUtf8 } from "@samsa/stdx";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { installNativePorts, nativeCrc32c, nativeUtf8, readBootId } from "../src/index.ts";

const options = { numRuns: 1_000, seed: 20_261_121 };
afterAll(() => useUtf8(portableUtf8));

/** Bit by bit, as in RFC 3720 appendix B.4. */
function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f6_3b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

it("computes CRC-32C of a range, unsigned", () => {
  expect(nativeCrc32c(new TextEncoder().encode("xx123456789y"), 2, 11, 0)).toBe(0xe306_9283);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), fc.nat(400), (bytes, a, b) => {
      const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
      expect(nativeCrc32c(bytes, start, end, 0)).toBe(slowCrc32c(bytes.subarray(start, end)));
      // In two pieces, the first seeding the second.
      expect(nativeCrc32c(bytes, start, end, nativeCrc32c(bytes, 0, start, 0))).toBe(slowCrc32c(bytes.subarray(0, end)));
    }),
    options,
  );
});

it("encodes and decodes as the portable code does, and gives plain bytes", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
      ),
      fc.uint8Array(),
      (text, bytes) => {
        const encoded = nativeUtf8.encode(text);
        expect(encoded.constructor).toBe(Uint8Array);
        expect(encoded).toEqual(portableUtf8.encode(text));
        expect(nativeUtf8.decode(bytes)).toBe(portableUtf8.decode(bytes));
      },
    ),
    options,
  );
});

it("is installed for the whole process", () => {
  const { crc32c, crc32cBytesMin } = installNativePorts();
  expect(crc32c).toBe(nativeCrc32c);
  expect(crc32cBytesMin).toBe(256);
  expect(decodeUtf8(encodeUtf8("Käfer"))).toBe("Käfer");
});

it("knows the boot, the same each time", () => {
  expect(readBootId()).toBe(readBootId());
  expect(readBootId()).not.toBe("");
});
