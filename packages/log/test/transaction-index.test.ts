import { invariant, InvariantViolation, offset, Prng } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { type AbortedTransaction, decodeAbortedTransactions } from "../src/aborted-transactions.ts";
import { stored } from "./support/batches.ts";
import { DIRECTORY, type HarnessOptions, LogHarness, NOW } from "./support/log-harness.ts";
import type { TestDisk } from "./support/test-disk.ts";
import { marker, transactional } from "./support/transactions.ts";

const pathOf = (baseOffset: number): string => `${DIRECTORY}/${String(baseOffset).padStart(20, "0")}.txnindex`;
const entriesAt = (disk: TestDisk, baseOffset: number): readonly AbortedTransaction[] | undefined => {
  const bytes = disk.contentOf(pathOf(baseOffset));
  return bytes === undefined ? undefined : decodeAbortedTransactions(bytes);
};

type Step = readonly ["records" | "abort" | "commit", producerId: number] | "plain";

/** As a follower takes them, one batch each; producers' sequences are 0, 1, … each. */
function write(harness: LogHarness, steps: readonly Step[], between: () => void = () => undefined): void {
  const sequences = new Map<number, number>();
  for (const step of steps) {
    const baseOffset = harness.log.appendedEnd;
    const result = harness.turn(() => harness.log.appendAsFollower(batchOf(step, baseOffset, sequences), NOW));
    expect(result).toMatchObject({ type: "appended" });
    between();
  }
}

function writeAll(harness: LogHarness, steps: readonly Step[]): void {
  write(harness, steps);
  harness.settle();
}

function batchOf(step: Step, baseOffset: number, sequences: Map<number, number>): Uint8Array {
  if (step === "plain") return stored({ baseOffset });
  const [type, producerId] = step;
  if (type !== "records") return marker({ producerId, baseOffset }, type);
  const baseSequence = sequences.get(producerId) ?? 0;
  sequences.set(producerId, baseSequence + 1);
  return transactional({ producerId, baseOffset, baseSequence });
}

/** Lets the disk work where the index must be read first. */
function aborted(harness: LogHarness, startOffset: number, endOffset: number): readonly { producerId: number; firstOffset: number }[] {
  for (;;) {
    const found = harness.turn(() => harness.log.abortedTransactions(offset(startOffset), offset(endOffset)));
    if (found !== undefined) return found;
    invariant(harness.disk.waiting.length > 0, "what is waited for was asked for", { startOffset, endOffset });
    harness.stepDisk();
  }
}

const restarted = (harness: LogHarness, options: HarnessOptions = {}): LogHarness => {
  harness.stop();
  harness.settle();
  return new LogHarness({ disk: harness.disk, isCleanStop: true, ...options }).recovered();
};

/** What Apache Kafka 4.3 put into the file of a log with the same transactions: producer 0's stays open from offset 0 to the end. */
const ABORTED: readonly Step[] = [["records", 0], "plain", ["records", 1], ["records", 1], ["abort", 1]];

describe("the transaction index", () => {
  test("gets an entry when the marker of an aborted transaction is written, with the last stable offset of that moment", () => {
    const harness = new LogHarness().recovered();
    writeAll(harness, [...ABORTED, ["commit", 0], ["records", 2], ["abort", 2]]);
    expect(entriesAt(harness.disk, 0)).toEqual([
      { producerId: 1, firstOffset: 2, lastOffset: 4, lastStableOffset: 0 },
      { producerId: 2, firstOffset: 6, lastOffset: 7, lastStableOffset: 8 },
    ]);
  });

  test("is not there without an aborted transaction, and not for a marker that ends none", () => {
    const harness = new LogHarness().recovered();
    writeAll(harness, ["plain", ["records", 1], ["commit", 1], ["abort", 1]]);
    expect(harness.disk.names(DIRECTORY)).not.toContain(pathOf(0).slice(DIRECTORY.length + 1));
  });

  test("tells those with records in a range, and no others", () => {
    const harness = new LogHarness().recovered();
    writeAll(harness, [...ABORTED, ["commit", 0], ["records", 2], ["abort", 2]]);
    expect(aborted(harness, 0, 6)).toEqual([{ producerId: 1, firstOffset: 2 }]);
    expect(aborted(harness, 0, 2)).toEqual([]);
    expect(aborted(harness, 4, 8)).toEqual([
      { producerId: 1, firstOffset: 2 },
      { producerId: 2, firstOffset: 6 },
    ]);
    expect(aborted(harness, 5, 6)).toEqual([]);
    expect(aborted(harness, 5, 5)).toEqual([]);
  });

  test("lies with the segment of the marker: a transaction is found from an older segment's offsets on", () => {
    const harness = new LogHarness({ config: { segmentBytes: 200 }, indexCacheBytes: 0 }).recovered();
    writeAll(harness, [["records", 1], "plain", "plain", "plain", ["records", 2], ["abort", 1], "plain", "plain", ["abort", 2], "plain", "plain"]);
    const bases = harness.log.segmentPaths.map((path) => Number(path.slice(-24, -4)));
    expect(bases.length).toBeGreaterThan(3);
    const filed = bases.flatMap((base) => (entriesAt(harness.disk, base) ?? []).map(({ producerId }) => [base, producerId]));
    expect(filed.map(([, producerId]) => producerId)).toEqual([1, 2]);
    expect(new Set(filed.map(([base]) => base)).size).toBe(2);
    expect(aborted(harness, 0, 1)).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(aborted(harness, 2, 5)).toEqual([
      { producerId: 1, firstOffset: 0 },
      { producerId: 2, firstOffset: 4 },
    ]);
    expect(aborted(harness, 9, 11)).toEqual([]);
  });

  test.each([
    ["a clean stop", {}],
    ["a stop that nobody vouches for", { isCleanStop: false }],
    ["a loss of the page cache", { isCleanStop: false, hasLostPageCache: true }],
  ])("is the same after %s", (_, options) => {
    const harness = new LogHarness({ config: { segmentBytes: 400 } }).recovered();
    writeAll(harness, [...ABORTED, ["commit", 0], ["records", 2], "plain", "plain", ["abort", 2], "plain"]);
    const before = harness.disk.names(DIRECTORY).filter((name) => name.endsWith(".txnindex"));
    const contents = before.map((name) => harness.disk.contentOf(`${DIRECTORY}/${name}`));
    const next = restarted(harness, options);
    next.settle();
    expect(next.disk.names(DIRECTORY).filter((name) => name.endsWith(".txnindex"))).toEqual(before);
    expect(before.map((name) => next.disk.contentOf(`${DIRECTORY}/${name}`))).toEqual(contents);
    expect(aborted(next, 0, next.log.appendedEnd)).toEqual([
      { producerId: 1, firstOffset: 2 },
      { producerId: 2, firstOffset: 6 },
    ]);
  });

  test("is made anew from the records where it is damaged, is missing its end or was never written", () => {
    for (const harm of [(bytes: Uint8Array) => bytes.slice(0, 20), (bytes: Uint8Array) => bytes.fill(9), () => undefined]) {
      const harness = new LogHarness({ config: { segmentBytes: 400, flushMessages: 1 } }).recovered();
      writeAll(harness, [...ABORTED, "plain", "plain", "plain"]);
      harness.stop();
      harness.settle();
      const good = harness.disk.contentOf(pathOf(0)) as Uint8Array;
      const bytes = harm(good.slice());
      if (bytes !== undefined) harness.disk.put(pathOf(0), bytes);
      const next = new LogHarness({ disk: harness.disk, recoveryPoint: bytes === undefined ? 0 : harness.log.appendedEnd }).recovered();
      next.settle();
      expect(next.disk.contentOf(pathOf(0))).toEqual(good);
      expect(aborted(next, 0, next.log.appendedEnd)).toEqual([{ producerId: 1, firstOffset: 2 }]);
    }
  });

  test("loses what a truncation takes, in memory and in its file, and the transaction is open again", () => {
    const harness = new LogHarness({ config: { segmentBytes: 400 } }).recovered();
    writeAll(harness, [...ABORTED, ["records", 2], "plain", "plain", ["abort", 2], "plain"]);
    expect(aborted(harness, 0, 10)).toHaveLength(2);
    harness.truncate(offset(7));
    harness.settle();
    expect(aborted(harness, 0, harness.log.appendedEnd)).toEqual([{ producerId: 1, firstOffset: 2 }]);
    harness.truncate(offset(4));
    harness.settle();
    expect(aborted(harness, 0, harness.log.appendedEnd)).toEqual([]);
    expect(harness.disk.names(DIRECTORY).filter((name) => name.endsWith(".txnindex"))).toEqual([]);
    writeAll(harness, [["commit", 1]]);
    expect(aborted(harness, 0, harness.log.appendedEnd)).toEqual([]);
    expect(harness.log.firstUnstableOffset(harness.log.appendedEnd)).toBe(0);
  });

  test("goes where the log begins anew", () => {
    const harness = new LogHarness().recovered();
    writeAll(harness, ABORTED);
    harness.turn(() => harness.log.truncateFullyAndStartAt(offset(100)));
    harness.settle();
    expect(aborted(harness, 100, 100)).toEqual([]);
    expect(harness.disk.names(DIRECTORY).filter((name) => name.endsWith(".txnindex"))).toEqual([]);
  });

  test("goes with its segment where the log's start moves, also while it is being read", () => {
    const harness = new LogHarness({ config: { segmentBytes: 200 }, indexCacheBytes: 0 }).recovered();
    writeAll(harness, [["records", 1], ["abort", 1], "plain", "plain", ["records", 2], ["abort", 2], "plain", "plain", ["records", 3], ["abort", 3]]);
    const { log } = harness;
    expect(harness.turn(() => log.abortedTransactions(offset(0), offset(1)))).toBeUndefined();
    harness.turn(() => {
      log.moveStartTo(offset(6), NOW);
      log.retain(offset(log.writtenEnd), NOW);
    });
    harness.settle();
    expect(harness.told.filter((one) => one.startsWith("logDamaged"))).toEqual([]);
    expect(aborted(harness, 6, log.appendedEnd)).toEqual([{ producerId: 3, firstOffset: 8 }]);
    expect(harness.disk.contentOf(pathOf(0))).toBeUndefined();
  });

  test("of a segment that is not there is deleted at a start", () => {
    const harness = new LogHarness().recovered();
    writeAll(harness, ["plain"]);
    harness.disk.put(pathOf(77), new Uint8Array(34));
    restarted(harness).settle();
    expect(harness.disk.contentOf(pathOf(77))).toBeUndefined();
  });
});

/** What a reader of committed records must leave out, from the records alone. */
function expected(steps: readonly Step[]): readonly { producerId: number; firstOffset: number }[] {
  const open = new Map<number, number>();
  return steps.flatMap((step, at) => {
    if (step === "plain") return [];
    const [type, producerId] = step;
    const firstOffset = open.get(producerId);
    if (type === "records" && firstOffset === undefined) open.set(producerId, at);
    if (type === "records" || firstOffset === undefined) return [];
    open.delete(producerId);
    return type === "abort" ? [{ producerId, firstOffset }] : [];
  });
}

test("whatever transactions there are, and wherever the process dies or the log is cut, aborted ones are those that the records tell", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const prng = new Prng(seed);
    const steps = Array.from({ length: prng.between(5, 40) }, (): Step => {
      const producerId = prng.between(0, 2);
      return prng.below(4) === 0 ? "plain" : [(["records", "records", "abort", "commit"] as const)[prng.below(4)] ?? "records", producerId];
    });
    const config = { segmentBytes: prng.between(150, 900), indexIntervalBytes: 100 };
    let harness = new LogHarness({ config, indexCacheBytes: prng.below(500) }).recovered();
    const { disk, log } = harness;
    write(harness, steps, () => {
      if (prng.below(5) === 0) harness.turn(() => log.sync(NOW));
      for (let left = prng.below(8); left > 0 && disk.waiting.length > 0; left--) harness.stepDisk(prng.below(disk.waiting.length));
    });
    const before = log.syncedEnd;
    if (prng.below(2) === 0) harness.truncate(offset(prng.between(0, steps.length)));
    for (let left = prng.below(12); left > 0 && disk.waiting.length > 0; left--) harness.stepDisk(prng.below(disk.waiting.length));
    // The checkpoint may be of before the truncation.
    const recoveryPoint = [undefined, log.syncedEnd, log.syncedEnd, before][prng.below(4)];
    harness = new LogHarness({
      disk: disk.crash(prng),
      config,
      ...(recoveryPoint === undefined ? {} : { recoveryPoint }),
      indexCacheBytes: prng.below(500),
    }).recovered();
    const { appendedEnd } = harness.log;
    const found = aborted(harness, 0, appendedEnd);
    const wanted = expected(steps.slice(0, appendedEnd));
    if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new InvariantViolation(`seed ${seed}`, { found, wanted, steps });
  }
});
