import { concatBytes } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameDecoder, type FrameError } from "../../src/index.ts";

const SEED = 20_261_121;
const LIMIT = 200_000;

const sizeOf = (size: number): Uint8Array => Uint8Array.of((size >>> 24) & 0xff, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff);
const framed = (content: Uint8Array): Uint8Array => concatBytes([sizeOf(content.length), content]);

/** All frames of the stream when it comes in the given chunks; each chunk is a copy, as from a socket. */
function decodeInChunks(stream: Uint8Array, cuts: readonly number[]): { frames: Uint8Array[]; error: FrameError | undefined; pendingBytes: number } {
  const decoder = new FrameDecoder(LIMIT);
  const frames: Uint8Array[] = [];
  let error: FrameError | undefined;
  let start = 0;
  for (const end of [...cuts.map((cut) => cut % (stream.length + 1)).toSorted((a, b) => a - b), stream.length]) {
    const decoded = decoder.push(stream.slice(start, end));
    frames.push(...decoded.frames);
    error = decoded.error;
    start = end;
  }
  return { frames, error, pendingBytes: error === undefined ? decoder.pendingBytes : 0 };
}

const small = fc.uint8Array({ maxLength: 40 });
const large = fc.nat(150_000).map((length) => Uint8Array.from({ length }, (_, i) => (i * 31) & 0xff));
const content = fc.oneof({ weight: 9, arbitrary: small }, { weight: 1, arbitrary: large });

test("frames do not depend on how the stream is cut", () => {
  const tail = fc.oneof(
    fc.constant(new Uint8Array(0)),
    fc.constant(sizeOf(-1)),
    fc.constant(sizeOf(LIMIT + 1)),
    small.map((bytes) => framed(bytes).subarray(0, -1)),
  );
  fc.assert(
    fc.property(fc.array(content, { maxLength: 6 }), tail, fc.array(fc.nat(), { maxLength: 12 }), (contents, end, cuts) => {
      const stream = concatBytes([...contents.map(framed), end]);
      const whole = decodeInChunks(stream, []);
      expect(whole.frames).toEqual(contents);
      expect(decodeInChunks(stream, cuts)).toEqual(whole);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("a stream of single bytes gives the same frames", () => {
  const contents = [new Uint8Array(0), Uint8Array.of(1), Uint8Array.of(2, 3, 4), new Uint8Array(0), new Uint8Array(300).fill(7)];
  const stream = concatBytes(contents.map(framed));
  const cuts = Array.from(stream, (_, index) => index);
  expect(decodeInChunks(stream, cuts)).toEqual({ frames: contents, error: undefined, pendingBytes: 0 });
});
