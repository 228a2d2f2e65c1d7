import { describe, expect, it } from "vitest";
import { AckTimeline } from "../src/index.ts";

describe("the timeline of acknowledgements", () => {
  it("counts by second since the beginning", () => {
    const timeline = new AckTimeline();
    timeline.begin(500_000);
    timeline.add(2, 600_000);
    timeline.add(3, 1_600_000);
    timeline.add(1, 3_500_000);
    expect(timeline.perSecond).toEqual([2, 3, 0, 1]);
    expect(timeline.acked).toBe(6);
  });

  it("finds the longest silence, also at the borders", () => {
    const timeline = new AckTimeline();
    for (const us of [100, 200, 700, 800]) timeline.add(1, us);
    expect(timeline.longestGap(0, 900)).toEqual({ startUs: 200, endUs: 700 });
    expect(timeline.longestGap(0, 2000)).toEqual({ startUs: 800, endUs: 2000 });
    expect(timeline.longestGap(300, 500)).toEqual({ startUs: 300, endUs: 500 });
    expect(new AckTimeline().longestGap(0, 10)).toEqual({ startUs: 0, endUs: 10 });
  });
});
