import { describe, expect, it } from "vitest";
import { nativeCompression } from "../src/index.ts";

describe.each([
  ["gzip", 1, 9],
  ["zstd", -100, 19],
] as const)("%s", (codec, quickest, smallest) => {
  const { compress, decompress } = nativeCompression[codec];
  const text = new TextEncoder().encode("again ".repeat(10_000));
  const compressed = new Uint8Array(compress(text, undefined));

  it("gives what was compressed, up to the bound", () => {
    expect(compressed.length).toBeLessThan(text.length / 10);
    expect(new Uint8Array(decompress(compressed, text.length))).toEqual(text);
  });

  it("compresses at the level that is asked for", () => {
    const words = new TextEncoder().encode(Array.from({ length: 5000 }, (_, index) => `${(index * 7919) % 977} words`).join(" "));
    const [quick, small] = [compress(words, quickest), compress(words, smallest)];
    expect(small.length).toBeLessThan(quick.length);
    expect(new Uint8Array(decompress(small, words.length))).toEqual(words);
  });

  it("throws instead of giving more than the bound, and where bytes are missing", () => {
    expect(() => decompress(compressed, text.length - 1)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(() => decompress(compressed, 0)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(() => decompress(compressed.subarray(0, -9), text.length)).toThrow(/unexpected end|Src size/i);
  });
});
