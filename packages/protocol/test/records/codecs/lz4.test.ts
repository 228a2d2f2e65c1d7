import { decodeUtf8, encodeUtf8 } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { portableLz4 } from "../../../src/records/codecs/lz4.ts";
import { xxh32 } from "../../../src/records/codecs/xxh32.ts";

const LIMIT = 1_000_000;
const FOUR_BYTES = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
const STORED = 0x8000_0000;

/** A frame of 64 KiB blocks, with these flags beside the version, of these parts. */
function frame(flags: number, ...parts: readonly (readonly number[])[]): Uint8Array {
  const header = [0x40 | flags, 0x40];
  return Uint8Array.from([0x04, 0x22, 0x4d, 0x18, ...header, (xxh32(Uint8Array.from(header)) >>> 8) & 0xff, ...parts.flat()]);
}

const block = (bytes: readonly number[], bit = 0): number[] => [...FOUR_BYTES(bytes.length + bit), ...bytes];
const END = FOUR_BYTES(0);
const ascii = (text: string): number[] => [...encodeUtf8(text)];
const read = (bytes: Uint8Array, limit = LIMIT): string => decodeUtf8(portableLz4.decompress(bytes, limit));

describe("LZ4", () => {
  it("repeats what came out, also what it gives itself", () => {
    // Literals "ab", then 7 bytes from 2 bytes before; then the last literal.
    const sequence = [(2 << 4) | 3, ...ascii("ab"), 2, 0, 1 << 4, ...ascii("!")];
    expect(read(frame(0x20, block(sequence), END))).toBe("ababababa!");
  });

  it("takes stored blocks, and blocks that go on where the one before ended", () => {
    const linked = [(0 << 4) | 0, 3, 0, 0];
    expect(read(frame(0, block(ascii("xyz"), STORED), block(linked), END))).toBe("xyzxyzx");
  });

  it("reads lengths that go on over many bytes", () => {
    const text = "q".repeat(15 + 255 + 30);
    expect(read(frame(0x20, block([15 << 4, 255, 30, ...ascii(text)]), END))).toBe(text);
  });

  it("compares the checksums of header and blocks, and passes over that of the whole", () => {
    const stored = ascii("ok");
    const sum = xxh32(Uint8Array.from(stored));
    expect(read(frame(0x30, block(stored, STORED), FOUR_BYTES(sum), END))).toBe("ok");
    expect(read(frame(0x24, block(stored, STORED), END, [1, 2, 3, 4]))).toBe("ok");
    expect(() => read(frame(0x30, block(stored, STORED), FOUR_BYTES(sum ^ 1), END))).toThrow("block's checksum");
    expect(() => read(frame(0x20, block(stored, STORED), END).with(6, 0))).toThrow("header");
  });

  it("refuses what is no such frame, what is cut off, and copies from before the beginning", () => {
    const whole = frame(0x20, block(ascii("ok"), STORED), END);
    for (let length = 0; length < whole.length; length++) expect(() => read(whole.subarray(0, length))).toThrow(/cut off|no LZ4/);
    expect(() => read(whole.with(0, 5))).toThrow("no LZ4 frame");
    expect(() => read(frame(0x21, END))).toThrow("dictionary");
    for (const distance of [0, 3]) expect(() => read(frame(0x20, block([2 << 4, ...ascii("ab"), distance, 0]), END))).toThrow("a copy from");
  });

  it("stops at its bound: a block of 64 KiB that claims 16 MiB gives neither", () => {
    const bomb = [(1 << 4) | 15, ...ascii("0"), 1, 0, ...Array(65_000).fill(255), 0];
    expect(() => read(frame(0x20, block(bomb), END), 100_000_000)).toThrow("a block of more than 65536 bytes");
    expect(() => read(frame(0x20, block(bomb), END))).toThrow(`more than ${LIMIT} bytes`);
  });
});

describe("xxHash", () => {
  it.each([
    ["", 0x02cc_5d05],
    ["a", 0x550d_7456],
    ["abc", 0x32d1_53ff],
    ["Nobody inspects the spammish repetition", 0xe229_3b2f],
  ])("of %j is the published one", (text, hash) => {
    expect(xxh32(encodeUtf8(text))).toBe(hash);
  });
});
