import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nativeCompression } from "../src/index.ts";

const CODECS = { gzip: gzipSync, zstd: zstdCompressSync };

describe.each(["gzip", "zstd"] as const)("%s", (codec) => {
  const text = new TextEncoder().encode("again ".repeat(10_000));
  const compressed = new Uint8Array(CODECS[codec](text));

  it("gives what was compressed, up to the bound", () => {
    expect(new Uint8Array(nativeCompression[codec].decompress(compressed, text.length))).toEqual(text);
  });

  it("throws instead of giving more than the bound, and where bytes are missing", () => {
    expect(() => nativeCompression[codec].decompress(compressed, text.length - 1)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(() => nativeCompression[codec].decompress(compressed, 0)).toThrow(expect.objectContaining({ code: "LIMIT_EXCEEDED" }));
    expect(() => nativeCompression[codec].decompress(compressed.subarray(0, -9), text.length)).toThrow(/unexpected end|Src size/i);
  });
});
