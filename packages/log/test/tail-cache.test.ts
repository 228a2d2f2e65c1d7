import { describe, expect, test } from "vitest";
import { TailCache } from "../src/tail-cache.ts";

const batch = (bytes: number): Uint8Array => new Uint8Array(bytes);

describe("the tail cache", () => {
  test("keeps what is not written however much it is, and the newest of the rest up to its limit", () => {
    const cache = new TailCache(250);
    for (let at = 0; at < 5; at++) cache.push(at, at + 1, batch(100));
    cache.trim(0);
    expect([cache.startOffset, cache.sizeInBytes]).toEqual([0, 500]);
    cache.trim(2);
    expect([cache.startOffset, cache.sizeInBytes]).toEqual([2, 300]);
    cache.trim(5);
    expect([cache.startOffset, cache.sizeInBytes]).toEqual([3, 200]);
    expect([cache.find(2), cache.find(3)?.length]).toEqual([undefined, 100]);
  });

  test("counts the whole frame that a small batch keeps alive, once", () => {
    const cache = new TailCache(1000);
    const frame = batch(900);
    for (let at = 0; at < 3; at++) cache.push(at, at + 1, frame.subarray(10 * at, 10 * at + 10));
    expect(cache.sizeInBytes).toBe(900);
    cache.push(3, 4, batch(200));
    cache.trim(2);
    expect([cache.startOffset, cache.sizeInBytes]).toEqual([2, 1100]);
    cache.trim(4);
    expect([cache.startOffset, cache.sizeInBytes]).toEqual([3, 200]);
  });

  test("forgets what a truncation drops", () => {
    const cache = new TailCache(1000);
    for (let at = 0; at < 5; at++) cache.push(at, at + 1, batch(100));
    cache.truncate(2);
    expect([cache.find(1)?.length, cache.find(2), cache.sizeInBytes]).toEqual([100, undefined, 200]);
    cache.push(2, 3, batch(50));
    expect(cache.sizeInBytes).toBe(250);
  });
});
