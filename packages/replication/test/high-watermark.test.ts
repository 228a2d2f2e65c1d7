import { micros, type Now, offset, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { HighWatermark } from "../src/high-watermark.ts";
import type { ReplicaLog } from "../src/replica-log.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

it("tells when it falls with its log, for what was written down of it is true no more", () => {
  const log = { logStartOffset: offset(0), writtenEnd: offset(9) } as unknown as ReplicaLog;
  const moves: unknown[] = [];
  const mark = new HighWatermark(log, (value, _, hasFallen) => moves.push([value, hasFallen]));
  mark.advanceTo(offset(8), NOW);
  mark.truncatedTo(offset(5), NOW);
  mark.restartAt(offset(6), NOW);
  mark.restartAt(offset(2), NOW);
  mark.truncatedTo(offset(3), NOW);
  expect(moves).toEqual([
    [8, false],
    [5, true],
    [6, false],
    [2, true],
  ]);
});
