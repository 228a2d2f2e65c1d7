import { concatBytes, uuidFromBytes, ZERO_UUID } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DecodeError,
  decodeFetchRequest,
  encodeFetchRequest,
  EncodeError,
  MAX_DECODED_OBJECTS,
  MAX_STRING_BYTES,
  MAX_UNKNOWN_TAGGED_FIELDS,
  newFetchRequest,
  Reader,
  Writer,
} from "../../src/index.ts";

const reader = (...bytes: number[]): Reader => new Reader(Uint8Array.from(bytes));

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DecodeError) return error.code;
    throw error;
  }
  return "none";
}

describe("numbers", () => {
  test("an int64 beyond 2^53 − 1 is refused on both sides of the boundary", () => {
    expect(reader(0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).int64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(codeOf(() => reader(0x00, 0x20, 0, 0, 0, 0, 0, 0).int64())).toBe("MALFORMED");
    expect(reader(0xff, 0xe0, 0, 0, 0, 0, 0, 1).int64()).toBe(Number.MIN_SAFE_INTEGER);
    expect(codeOf(() => reader(0xff, 0xe0, 0, 0, 0, 0, 0, 0).int64())).toBe("MALFORMED");
  });

  test("an unbounded int64 saturates at both ends", () => {
    expect(reader(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff).unboundedInt64()).toBe(Number.MAX_SAFE_INTEGER);
    expect(reader(0x80, 0, 0, 0, 0, 0, 0, 0).unboundedInt64()).toBe(Number.MIN_SAFE_INTEGER);
    expect(reader(0xff, 0xe0, 0, 0, 0, 0, 0, 0).unboundedInt64()).toBe(Number.MIN_SAFE_INTEGER);
    const writer = new Writer();
    writer.unboundedInt64(Number.MAX_SAFE_INTEGER);
    expect(writer.finishBytes()).toEqual(Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
  });

  test("an opaque int64 keeps all its bits", () => {
    const least = Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 1);
    expect(reader(...least).opaqueInt64()).toBe(1n - 2n ** 63n);
    const writer = new Writer();
    writer.opaqueInt64(1n - 2n ** 63n);
    expect(writer.finishBytes()).toEqual(least);
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const written = new Writer();
        written.opaqueInt64(value);
        expect(new Reader(written.finishBytes()).opaqueInt64()).toBe(value);
      }),
      { seed: 20_261_121 },
    );
    expect(() => writer.opaqueInt64(2n ** 63n)).toThrow(EncodeError);
  });

  test("a varint has at most five bytes and 32 bits", () => {
    expect(reader(0xff, 0xff, 0xff, 0xff, 0x0f).uvarint()).toBe(0xffff_ffff);
    expect(codeOf(() => reader(0xff, 0xff, 0xff, 0xff, 0x10).uvarint())).toBe("MALFORMED");
    expect(codeOf(() => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x01).uvarint())).toBe("MALFORMED");
  });

  test("a varlong has at most ten bytes and fits a number", () => {
    expect(reader(0x03).varlong()).toBe(-2);
    expect(codeOf(() => reader(...Array.from({ length: 10 }, () => 0xff), 0x01).varlong())).toBe("MALFORMED");
    expect(codeOf(() => reader(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f).varlong())).toBe("MALFORMED");
  });

  test("what is written is read", () => {
    fc.assert(
      fc.property(fc.integer(), fc.maxSafeInteger(), fc.nat(0xffff_ffff), fc.double(), (int32, int64, uint32, float64) => {
        const writer = new Writer();
        writer.int32(int32);
        writer.int64(int64);
        writer.uvarint(uint32);
        writer.uint32(uint32);
        writer.float64(float64);
        const read = new Reader(writer.finishBytes());
        expect([read.int32(), read.int64(), read.uvarint(), read.uint32(), read.float64()]).toEqual([int32, int64, uint32, uint32, float64]);
      }),
      { seed: 20_261_121 },
    );
  });
});

describe("lengths are checked before anything is allocated", () => {
  test("an array that claims more elements than the bytes can hold", () => {
    expect(codeOf(() => reader(0x7f, 0xff, 0xff, 0xff, 0, 0).arrayLength(1))).toBe("TRUNCATED");
    expect(codeOf(() => reader(0, 0, 0, 2, 1, 2, 3).arrayLength(2))).toBe("TRUNCATED");
    expect(reader(0, 0, 0, 2, 1, 2, 3, 4).arrayLength(2)).toBe(2);
  });

  test("more elements than one message may have, in one array or in several", () => {
    const bytes = new Uint8Array(MAX_DECODED_OBJECTS + 100);
    const half = Math.floor(MAX_DECODED_OBJECTS / 2) + 1;
    bytes.set([half >>> 24, (half >>> 16) & 0xff, (half >>> 8) & 0xff, half & 0xff]);
    bytes.copyWithin(4, 0, 4);
    const read = new Reader(bytes);
    expect(read.arrayLength(1)).toBe(half);
    expect(codeOf(() => read.arrayLength(1))).toBe("LIMIT_EXCEEDED");
  });

  test("a string beyond the end, and one longer than Kafka allows", () => {
    expect(codeOf(() => reader(0, 5, 65).string())).toBe("TRUNCATED");
    const writer = new Writer();
    writer.uvarint(MAX_STRING_BYTES + 2);
    writer.copy(new Uint8Array(MAX_STRING_BYTES + 1));
    expect(codeOf(() => new Reader(writer.finishBytes()).compactString())).toBe("MALFORMED");
  });

  test("negative lengths: −1 is null, below it nonsense", () => {
    expect(codeOf(() => reader(0xff, 0xff).string())).toBe("UNEXPECTED_NULL");
    expect(reader(0xff, 0xff).nullableString()).toBeNull();
    expect(codeOf(() => reader(0xff, 0xfe).nullableString())).toBe("MALFORMED");
    expect(codeOf(() => reader(0).compactArrayLength(1))).toBe("UNEXPECTED_NULL");
    expect(reader(0).compactNullableArrayLength(1)).toBe(-1);
    expect(codeOf(() => reader(0x80, 0, 0, 0).nullableByteString())).toBe("MALFORMED");
  });
});

describe("tagged fields", () => {
  test("tags must ascend", () => {
    expect(codeOf(() => reader(2, 5, 0, 5, 0).unknownTags())).toBe("MALFORMED");
    expect(reader(2, 5, 0, 6, 0).unknownTags()).toHaveLength(2);
  });

  test("a known one must take exactly the size that it claims", () => {
    const request = newFetchRequest({ clusterId: "abc" });
    const writer = new Writer();
    encodeFetchRequest(writer, request, 12);
    const bytes = writer.finishBytes().slice();
    const sizeAt = bytes.length - 5;
    expect(bytes[sizeAt]).toBe(4);
    const withSize = (size: number): Reader => new Reader(concatBytes([bytes.map((byte, at) => (at === sizeAt ? size : byte)), new Uint8Array(8)]));
    expect(decodeFetchRequest(withSize(4), 12)).toEqual(request);
    expect(codeOf(() => decodeFetchRequest(withSize(5), 12))).toBe("MALFORMED");
    expect(codeOf(() => decodeFetchRequest(withSize(3), 12))).toBe("MALFORMED");
  });

  test("unknown ones are capped", () => {
    const writer = new Writer();
    writer.uvarint(MAX_UNKNOWN_TAGGED_FIELDS + 1);
    for (let tag = 0; tag <= MAX_UNKNOWN_TAGGED_FIELDS; tag++) {
      writer.uvarint(tag);
      writer.uvarint(0);
    }
    expect(codeOf(() => new Reader(writer.finishBytes()).unknownTags())).toBe("LIMIT_EXCEEDED");
  });

  test("a count that the bytes cannot hold is refused", () => {
    expect(codeOf(() => reader(0xff, 0xff, 0xff, 0xff, 0x0f, 1).unknownTags())).toBe("TRUNCATED");
  });
});

test("bytes are views of the input", () => {
  const input = Uint8Array.of(0, 0, 0, 2, 7, 8);
  expect(new Reader(input).byteString().buffer).toBe(input.buffer);
});

test("a UUID reads as stdx prints it, zero included", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const read = new Reader(bytes).uuid();
      expect(read).toBe(uuidFromBytes(bytes));
      const writer = new Writer();
      writer.uuid(read);
      expect(writer.finishBytes()).toEqual(bytes);
    }),
    { seed: 20_261_121 },
  );
  expect(new Reader(new Uint8Array(16)).uuid()).toBe(ZERO_UUID);
});
