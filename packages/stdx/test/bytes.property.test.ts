import fc from "fast-check";
import { expect, it } from "vitest";
import { concatBytes, equalBytes, fromBase64Url, fromHex, toBase64Url, toHex, uuid, uuidFromBytes, uuidToBytes, ZERO_UUID } from "../src/index.ts";

const options = { numRuns: 500, seed: 20_261_121 };
const bytes = fc.uint8Array({ maxLength: 70 });

it("writes base64url without padding as Node does, and reads it back", () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = toBase64Url(value);
      expect(text).toBe(Buffer.from(value).toString("base64url"));
      expect(fromBase64Url(text)).toEqual(value);
    }),
    options,
  );
});

it("refuses what is not base64url", () => {
  for (const text of ["AA==", "A+", "A/", "A A", "A", "AAAAA", "é"]) expect(() => fromBase64Url(text), text).toThrow(RangeError);
});

it("writes hexadecimal as Node does, and reads it back in either case", () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const text = toHex(value);
      expect(text).toBe(Buffer.from(value).toString("hex"));
      expect(fromHex(text.toUpperCase())).toEqual(value);
    }),
    options,
  );
  for (const text of ["a", "0g", " 00"]) expect(() => fromHex(text), text).toThrow(RangeError);
});

it("prints a UUID in 22 characters, and the zero UUID as Kafka does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (value) => {
      expect(uuidFromBytes(value)).toHaveLength(22);
      expect(uuidToBytes(uuidFromBytes(value))).toEqual(value);
    }),
    options,
  );
  expect(uuidFromBytes(new Uint8Array(16))).toBe(ZERO_UUID);
  expect(uuidToBytes(uuid("AAAAAAAAAAAAAAAAAAAAAQ")).at(-1)).toBe(1);
});

it("concatenates in order, and compares by content", () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 6 }), (parts) => {
      const whole = concatBytes(parts);
      expect(whole).toEqual(Uint8Array.from(parts.flatMap((part) => [...part])));
      expect(equalBytes(whole, Uint8Array.from(whole))).toBe(true);
      if (whole.length > 0) expect(equalBytes(whole, whole.subarray(1))).toBe(false);
      if (whole.length > 0)
        expect(
          equalBytes(
            whole,
            whole.map((byte, index) => (index === whole.length - 1 ? byte ^ 1 : byte)),
          ),
        ).toBe(false);
    }),
    options,
  );
});
