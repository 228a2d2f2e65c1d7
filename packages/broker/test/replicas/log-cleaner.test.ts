import type { Cleanable, CleaningRequest } from "@samsa/log";
import { micros, type Now, offset, wallMs } from "@samsa/stdx";
import { Outbox } from "@samsa/world";
import { describe, expect, test } from "vitest";
import { type CleanedReplica, type CleanerSettings, LogCleaner } from "../../src/replicas/log-cleaner.ts";

const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(ms) });

/** A log that says what is dirty of it, and whose rounds end when the test says so. */
class TestReplica implements CleanedReplica {
  readonly topic: string;
  readonly partition = 0;
  readonly replica = { highWatermark: offset(70) };
  dirtyRatio: number;
  isDue = true;
  firstUnstable: number | undefined;
  stableEnds: number[] = [];
  request: CleaningRequest | undefined;
  rounds = 0;
  readonly log = {
    isReady: true,
    compaction: {
      cleanable: (stableEnd: number): Cleanable | undefined => {
        this.stableEnds.push(stableEnd);
        return { startOffset: 0, endOffset: 50, dirtyRatio: this.dirtyRatio, isDue: this.isDue };
      },
      start: (_: Cleanable, request: CleaningRequest): void => {
        this.request = request;
        this.rounds++;
      },
    },
    firstUnstableOffset: () => (this.firstUnstable === undefined ? undefined : offset(this.firstUnstable)),
  };

  constructor(topic: string, dirtyRatio: number) {
    this.topic = topic;
    this.dirtyRatio = dirtyRatio;
  }

  end(isDone: boolean): void {
    const { request } = this;
    this.request = undefined;
    this.isDue = !isDone;
    request?.ended(isDone ? { endOffset: 50, bytesBefore: 100, bytesAfter: 60 } : undefined);
  }
}

function cleanerOf(replicas: readonly TestReplica[], changes: Partial<CleanerSettings> & { readonly isEnabled?: boolean } = {}) {
  const { isEnabled = true } = changes;
  const cleaned: string[] = [];
  const outbox = new Outbox();
  const cleaner = new LogCleaner<TestReplica>({
    outbox,
    isEnabled,
    settings: () => ({ backoffMs: 1_000, keyBytesMax: 77, bytesPerSecond: Number.MAX_VALUE, ...changes }),
    replicas: () => replicas,
    cleaned: ({ topic }) => cleaned.push(topic),
  });
  cleaner.start(at(0));
  return { cleaner, cleaned, outbox };
}

describe("the cleaner of a broker", () => {
  test("compacts one log at a time, the dirtiest first, then the next at once, and rests when none is due", () => {
    const [little, much, none] = [new TestReplica("little", 0.6), new TestReplica("much", 0.9), new TestReplica("none", 1)];
    none.isDue = false;
    const { cleaner, cleaned } = cleanerOf([little, much, none]);
    expect(cleaner.nextDeadlineUs).toBe(1_000_000);
    cleaner.deadline(at(999));
    expect([little.request, much.request]).toEqual([undefined, undefined]);
    cleaner.deadline(at(1_000));
    expect([little.request, much.request?.keyBytesMax, cleaner.nextDeadlineUs]).toEqual([undefined, 77, undefined]);
    cleaner.deadline(at(9_000));
    expect([little.rounds, much.rounds]).toEqual([0, 1]);
    much.end(true);
    expect(cleaner.nextDeadlineUs).toBe(0);
    cleaner.deadline(at(9_001));
    expect([cleaned, little.request === undefined]).toEqual([["much"], false]);
    little.end(true);
    cleaner.deadline(at(9_002));
    expect([cleaned, cleaner.nextDeadlineUs]).toEqual([["much", "little"], 10_002_000]);
    expect(none.request).toBeUndefined();
  });

  test("never looks at or behind the high watermark, or what an open transaction may still take back", () => {
    const replica = new TestReplica("orders", 0.1);
    replica.isDue = false;
    const { cleaner } = cleanerOf([replica]);
    cleaner.deadline(at(1_000));
    replica.firstUnstable = 33;
    cleaner.deadline(at(2_000));
    replica.log.isReady = false;
    cleaner.deadline(at(3_000));
    expect(replica.stableEnds).toEqual([70, 33]);
  });

  test("rests before it tries again what came to nothing", () => {
    const replica = new TestReplica("orders", 0.9);
    const { cleaner, cleaned } = cleanerOf([replica]);
    cleaner.deadline(at(1_000));
    replica.end(false);
    cleaner.deadline(at(1_001));
    expect([replica.request, cleaned, cleaner.nextDeadlineUs]).toEqual([undefined, [], 2_001_000]);
    cleaner.deadline(at(2_001));
    expect(replica.request).toBeDefined();
  });

  test("rests for a millisecond though it is told not to", () => {
    const replica = new TestReplica("orders", 0.1);
    replica.isDue = false;
    const { cleaner } = cleanerOf([replica], { backoffMs: 0 });
    cleaner.deadline(at(0));
    expect([replica.stableEnds.length, cleaner.nextDeadlineUs]).toEqual([1, 1_000]);
  });

  test("tries another one first behind one that came to nothing, however dirty that is", () => {
    const [full, other] = [new TestReplica("full", 0.9), new TestReplica("other", 0.6)];
    const { cleaner, cleaned } = cleanerOf([full, other]);
    cleaner.deadline(at(1_000));
    full.end(false);
    cleaner.deadline(at(1_001));
    cleaner.deadline(at(2_001));
    expect([full.rounds, other.rounds]).toEqual([1, 1]);
    other.end(true);
    cleaner.deadline(at(2_002));
    expect([cleaned, full.rounds]).toEqual([["other"], 2]);
  });

  test("reads and writes no more bytes in a second than it may", () => {
    const replica = new TestReplica("orders", 0.9);
    const { cleaner } = cleanerOf([replica], { bytesPerSecond: 1_000 });
    cleaner.deadline(at(1_000));
    const went: number[] = [];
    const goOn = ({ wallMs: ms }: Now): void => void went.push(ms);
    replica.request?.pace(500, goOn, at(1_000));
    expect([went, cleaner.nextDeadlineUs]).toEqual([[], 1_500_000]);
    cleaner.deadline(at(1_499));
    expect(went).toEqual([]);
    cleaner.deadline(at(1_600));
    expect([went, cleaner.nextDeadlineUs]).toEqual([[1_600], undefined]);
    replica.request?.pace(0, goOn, at(1_700));
    expect(went).toEqual([1_600, 1_700]);
  });

  test("goes on within a second when it is allowed more, however long it was to wait", () => {
    for (const tooLittle of [0, 1e-300, 1]) {
      const replica = new TestReplica("orders", 0.9);
      const settings = { bytesPerSecond: tooLittle };
      const { cleaner } = cleanerOf([replica], settings);
      cleaner.deadline(at(1_000));
      const went: number[] = [];
      const goOn = ({ wallMs: ms }: Now): void => void went.push(ms);
      replica.request?.pace(1_000_000, goOn, at(1_000));
      expect(cleaner.nextDeadlineUs).toBe(2_000_000);
      cleaner.deadline(at(2_000));
      expect([went, cleaner.nextDeadlineUs]).toEqual([[], 3_000_000]);
      settings.bytesPerSecond = 1_000_000;
      cleaner.deadline(at(3_000));
      expect([went, cleaner.nextDeadlineUs]).toEqual([[3_000], undefined]);
      replica.request?.pace(500_000, goOn, at(3_000));
      expect(cleaner.nextDeadlineUs).toBe(3_500_000);
    }
  });

  test("does nothing where it is switched off, or the broker stops", () => {
    const replica = new TestReplica("orders", 0.9);
    expect(cleanerOf([replica], { isEnabled: false }).cleaner.nextDeadlineUs).toBeUndefined();
    const { cleaner } = cleanerOf([replica]);
    cleaner.deadline(at(1_000));
    replica.request?.pace(500, () => undefined, at(1_000));
    cleaner.stop();
    replica.end(false);
    expect(cleaner.nextDeadlineUs).toBeUndefined();
  });

  test("tells how far a log is compacted", () => {
    const replica = new TestReplica("orders", 0.9);
    const { cleaner, outbox } = cleanerOf([replica]);
    cleaner.deadline(at(1_000));
    replica.end(true);
    cleaner.deadline(at(1_001));
    expect(outbox.drain()).toEqual([
      { type: "trace", event: { kind: "log-compacted", topic: "orders", partition: 0, endOffset: 50, bytesBefore: 100, bytesAfter: 60 } },
    ]);
  });
});
