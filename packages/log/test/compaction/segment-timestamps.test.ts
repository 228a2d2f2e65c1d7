import { Outbox } from "@samsa/world";
import { expect, test } from "vitest";
import { BatchIndex } from "../../src/batch-index.ts";
import { ColdReader } from "../../src/cold-reader.ts";
import { FileGenerations } from "../../src/file-generations.ts";
import { IndexCache } from "../../src/index-cache.ts";
import { JobQueue } from "../../src/job-queue.ts";
import { Segment } from "../../src/segment.ts";
import { firstTimestampOf, largestTimestampOf } from "../../src/segment-timestamps.ts";
import { SparseIndexBuilder } from "../../src/sparse-index-builder.ts";

test("the times of a segment that another takes the place of are not asked for: its files may be gone", () => {
  const unexpected = (): never => {
    throw new Error("nothing has happened");
  };
  const outbox = new Outbox();
  const events = { loaded: unexpected, rebuilt: unexpected, damaged: unexpected, failed: unexpected };
  const cold = new ColdReader({
    outbox,
    generations: new FileGenerations(),
    cache: new IndexCache(1_000),
    queue: new JobQueue(2),
    intervalBytes: () => 100,
    ...events,
  });
  const segment = new Segment("orders-0", 0);
  segment.know(new BatchIndex({ offset: 10, position: 1_000 }), undefined, new SparseIndexBuilder({ ...segment.indexMark, position: 1_000 }));
  segment.isBeingReplaced = true;
  expect([largestTimestampOf(segment, cold), firstTimestampOf(segment, cold, 0), outbox.pending]).toEqual([undefined, undefined, 0]);
  segment.isBeingReplaced = false;
  expect([largestTimestampOf(segment, cold), outbox.pending]).toEqual([undefined, 1]);
});
