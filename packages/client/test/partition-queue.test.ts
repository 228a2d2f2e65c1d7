import { micros, wallMs } from "@samsa/stdx";
import type { Now } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import type { Batch } from "../src/producer/batch.ts";
import { PartitionQueue } from "../src/producer/partition-queue.ts";
import { producerConfig } from "../src/producer/producer-config.ts";
import { bytes } from "./harness.ts";

const at = (us: number): Now => ({ monotonicUs: micros(us), wallMs: wallMs(0) });
const ME = { producerId: 7, producerEpoch: 0 };

/** A queue with one batch for each record; the first one is acknowledged, so that the others may be pipelined. */
function established(records: number): { readonly queue: PartitionQueue; send(): Batch | undefined } {
  const queue = new PartitionQueue(producerConfig({ batchSizeBytes: 70, lingerMs: 0 }), "t", 0);
  for (let id = 0; id <= records; id++) queue.append(id, { timestampMs: 0, key: null, value: bytes(String(id)), headers: [] }, at(id));
  const send = (): Batch | undefined => {
    const batch = queue.sendable(at(1000), true);
    if (batch !== undefined) queue.sent(batch, ME);
    return batch;
  };
  const first = send();
  expect(send()).toBe(undefined);
  if (first !== undefined) queue.finish(first, true);
  return { queue, send };
}

describe("the batches of one partition", () => {
  it("are sent up to five at a time, with contiguous sequences", () => {
    const { send } = established(7);
    const sent = [1, 2, 3, 4, 5, 6].map(() => send());
    expect(sent.map((batch) => batch?.sequence?.baseSequence)).toEqual([1, 2, 3, 4, 5, undefined]);
  });

  it("are retried from the head on, and nothing new is sent meanwhile", () => {
    const { queue, send } = established(3);
    const [a, b] = [send(), send()];
    if (a === undefined || b === undefined) throw new Error("two batches can be sent");
    queue.retry(b, micros(0));
    expect(send()).toBe(undefined);
    queue.retry(a, micros(0));
    expect(send()).toBe(a);
    expect(send()).toBe(undefined);
    queue.finish(a, true);
    expect(send()).toBe(b);
    queue.finish(b, true);
    expect(send()?.sequence?.baseSequence).toBe(3);
  });

  it("wait for a new epoch behind a batch that was given up, until nothing is open", () => {
    const { queue, send } = established(3);
    const [a, b] = [send(), send()];
    if (a === undefined || b === undefined) throw new Error("two batches can be sent");
    queue.finish(a, false);
    expect(send()).toBe(undefined);
    expect(queue.needsNewEpoch).toBe(false);
    queue.finish(b, true);
    expect(queue.needsNewEpoch).toBe(true);
    queue.restart({ ...ME, producerEpoch: 1 });
    expect(queue.sendable(at(1000), true)).not.toBe(undefined);
  });

  it("are numbered anew only when nothing is on its way", () => {
    const { queue, send } = established(2);
    const [a, b] = [send(), send()];
    if (a === undefined || b === undefined) throw new Error("two batches can be sent");
    queue.retry(a, micros(0));
    queue.markGap();
    expect(queue.needsNewEpoch).toBe(false);
    expect(() => queue.restart({ ...ME, producerEpoch: 1 })).toThrow(/invariant/);
    queue.retry(b, micros(0));
    queue.restart({ ...ME, producerEpoch: 1 });
    expect([a.sequence, b.sequence].map((sequence) => [sequence?.producerEpoch, sequence?.baseSequence])).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });
});
