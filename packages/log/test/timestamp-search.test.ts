import { offset } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { batchIds, produced } from "./support/batches.ts";
import { LogHarness } from "./support/log-harness.ts";

const CONFIG = { segmentBytes: 300 };

/** Batches of two records with timestamps t and t + 1, for each t. */
function logWith(timestamps: readonly number[]): LogHarness {
  const harness = new LogHarness({ config: CONFIG }).recovered();
  for (const timestamp of timestamps) harness.leaderAppends(produced({ count: 2, timestamp }), 3);
  harness.settle();
  return harness;
}

function find(harness: LogHarness, timestampMs: number, endOffset: number = harness.log.appendedEnd): unknown {
  const answers: unknown[] = [];
  harness.turn(() => harness.log.findByTimestamp(timestampMs, offset(endOffset), (result) => answers.push(result)));
  harness.settle();
  expect(answers).toHaveLength(1);
  return answers[0];
}

describe("the first record at or after a timestamp", () => {
  test("is found in memory and in files alike, though timestamps do not rise with offsets", () => {
    const harness = logWith([100, 500, 300, 700]);
    const fromFiles = new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered();
    for (const each of [harness, fromFiles]) {
      expect(find(each, 0)).toEqual({ offset: 0, timestampMs: 100, leaderEpoch: 3 });
      expect(find(each, 101)).toEqual({ offset: 1, timestampMs: 101, leaderEpoch: 3 });
      expect(find(each, 102)).toEqual({ offset: 2, timestampMs: 500, leaderEpoch: 3 });
      expect(find(each, 502)).toEqual({ offset: 6, timestampMs: 700, leaderEpoch: 3 });
      expect(find(each, 702)).toBeUndefined();
    }
  });

  test("is not looked for at or beyond the end asked for", () => {
    const harness = logWith([100, 500]);
    expect(find(harness, 102, 2)).toBeUndefined();
    expect(find(harness, 101, 1)).toBeUndefined();
  });

  test("is looked for again when the file was truncated under the read", () => {
    const first = logWith([100, 500]);
    const harness = new LogHarness({ disk: first.disk.copy(), config: { segmentBytes: 10_000 } }).recovered();
    const answers: unknown[] = [];
    harness.turn(() => harness.log.findByTimestamp(500, harness.log.appendedEnd, (result) => answers.push(result)));
    harness.turn(() => harness.log.truncateTo(offset(2), "test"));
    // The marker comes first; the truncation is asked for before the read is done.
    harness.stepDisk(harness.disk.waiting.length - 1);
    harness.settle();
    expect(answers).toEqual([undefined]);
    expect(batchIds(harness.readAll())).toHaveLength(1);
  });
});
