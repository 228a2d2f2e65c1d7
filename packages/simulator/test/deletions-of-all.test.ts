import { micros, type Now, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { DeletionsOfAll } from "../src/deletions-of-all.ts";
import { GhostPartition } from "../src/invariants/ghost-partition.ts";

const at = (seconds: number): Now => ({ monotonicUs: micros(seconds * 1_000_000), wallMs: wallMs(0) });
const failed = (error: string) => ({ type: "failed", error, detail: "" }) as const;

it("counts a deletion of all records until it is answered, with whatever a leader says", () => {
  const committed = new GhostPartition("orders", 0);
  const ofAll = new DeletionsOfAll();
  for (const outcome of [{ type: "deleted", lowWatermark: 3 } as const, failed("NOT_LEADER_OR_FOLLOWER")]) {
    ofAll.asked(committed);
    expect(committed.allAsked).toBe(1);
    ofAll.answered(committed, outcome, at(0));
    expect(committed.allAsked).toBe(0);
  }
});

it("counts one without an answer as long as a leader may still come to it", () => {
  const committed = new GhostPartition("orders", 0);
  const ofAll = new DeletionsOfAll();
  for (const seconds of [0, 5]) {
    ofAll.asked(committed);
    ofAll.answered(committed, failed("DISCONNECTED"), at(seconds));
  }
  const left = [29, 30, 35].map((seconds) => {
    ofAll.forgetStale(at(seconds));
    return committed.allAsked;
  });
  expect(left).toEqual([2, 1, 0]);
});
