import { describe, expect, test } from "vitest";
import { FetchRoute } from "../src/fetch-route.ts";

describe("whom a node asks for the leader", () => {
  test("is one after the other, each once a turn, never itself", () => {
    const route = new FetchRoute(2);
    expect([1, 2, 3, 4].map(() => route.next([1, 2, 3, 1]))).toEqual([1, 3, 1, 3]);
    expect(route.lastTarget).toBe(3);
    expect(new FetchRoute(2).next([2])).toBeUndefined();
  });

  test("is followed a few times, for nodes may point at each other, and again once somebody answered or the next is asked", () => {
    const route = new FetchRoute(2);
    expect([1, 2, 3, 4].map(() => route.mayFollow())).toEqual([true, true, true, false]);
    route.answered();
    expect(route.mayFollow()).toBe(true);
    for (let i = 0; i < 3; i++) route.mayFollow();
    route.next([1]);
    expect(route.mayFollow()).toBe(true);
  });
});
