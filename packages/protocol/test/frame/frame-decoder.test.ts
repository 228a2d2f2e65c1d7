import { expect, test } from "vitest";
import { encodeFrame, FrameDecoder, MAX_FRAME_BYTES, MAX_FRAME_BYTES_BEFORE_AUTHENTICATION } from "../../src/index.ts";

const claim = (size: number): Uint8Array => Uint8Array.of((size >>> 24) & 0xff, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff);
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

test("a negative size is an error and ends the stream", () => {
  const decoder = new FrameDecoder();
  expect(decoder.push(claim(-5)).error).toEqual({ code: "NEGATIVE_SIZE", size: -5, limit: MAX_FRAME_BYTES, looksLike: undefined });
  expect(decoder.push(Uint8Array.of(0, 0, 0, 1, 9))).toEqual({ frames: [], error: expect.objectContaining({ code: "NEGATIVE_SIZE" }) });
});

test("a size at the limit is a frame, one byte more is an error", () => {
  expect(new FrameDecoder(10).push(claim(10)).error).toBeUndefined();
  expect(new FrameDecoder(10).push(claim(11)).error).toMatchObject({ code: "TOO_LARGE", size: 11, limit: 10 });
});

test("the limit can be raised after authentication", () => {
  const decoder = new FrameDecoder(MAX_FRAME_BYTES_BEFORE_AUTHENTICATION);
  expect(decoder.push(Uint8Array.of(0, 0, 0, 1, 42)).frames).toEqual([Uint8Array.of(42)]);
  decoder.setLimit(MAX_FRAME_BYTES);
  expect(decoder.push(claim(MAX_FRAME_BYTES)).error).toBeUndefined();
});

test("frames in front of a bad size are delivered", () => {
  const decoded = new FrameDecoder().push(Uint8Array.of(0, 0, 0, 1, 42, 0xff, 0xff, 0xff, 0xff));
  expect(decoded.frames).toEqual([Uint8Array.of(42)]);
  expect(decoded.error?.code).toBe("NEGATIVE_SIZE");
});

test("the first bytes of TLS and of HTTP are recognized", () => {
  expect(new FrameDecoder().push(Uint8Array.of(0x16, 3, 1, 2)).error?.looksLike).toBe("TLS");
  expect(new FrameDecoder().push(ascii("GET / HTTP/1.1")).error?.looksLike).toBe("HTTP");
  expect(new FrameDecoder().push(Uint8Array.of(0x7f, 1, 1, 1)).error?.looksLike).toBeUndefined();
});

test("a thousand claims of 100 MiB followed by one byte each cost no more than 64 KiB each", () => {
  const before = process.memoryUsage().arrayBuffers;
  const decoders = Array.from({ length: 1000 }, () => new FrameDecoder());
  for (const decoder of decoders) {
    decoder.push(claim(MAX_FRAME_BYTES));
    decoder.push(Uint8Array.of(1));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1000 * 70_000);
  expect(decoders.every((decoder) => decoder.pendingBytes === 5)).toBe(true);
});

test("a frame that fills its chunk is not copied, a small one in a large chunk is", () => {
  const tight = Uint8Array.of(0, 0, 0, 5, 7, 8, 9, 10, 11);
  expect(new FrameDecoder().push(tight).frames[0]?.buffer).toBe(tight.buffer);
  const loose = new Uint8Array(1000);
  loose.set([0, 0, 0, 2, 7, 8, 0, 0, 3, 0]);
  expect(new FrameDecoder().push(loose).frames[0]?.buffer).not.toBe(loose.buffer);
});

test("encodeFrame puts the size of all parts in front, slices included", () => {
  const slice = { length: 300, path: "0.log" };
  const parts = encodeFrame([Uint8Array.of(1, 2), slice]);
  expect(parts).toEqual([Uint8Array.of(0, 0, 1, 46), Uint8Array.of(1, 2), slice]);
});

test("memory that a frame has outgrown, or that is left of one when its stream ends, is free at once", () => {
  const before = process.memoryUsage().arrayBuffers;
  const chunk = new Uint8Array(1024 * 1024);
  const decoders = Array.from({ length: 20 }, () => new FrameDecoder());
  for (const decoder of decoders) {
    decoder.push(claim(MAX_FRAME_BYTES));
    for (let megabytes = 1; megabytes <= 4; megabytes++) decoder.push(chunk);
  }
  const held = decoders.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(held + 2 * chunk.length);
  for (const decoder of decoders) decoder.dispose();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * chunk.length);
  expect(decoders.map(({ heldBytes }) => heldBytes)).toEqual(Array.from({ length: 20 }, () => 0));
});
