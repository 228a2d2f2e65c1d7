import { brokerEpoch, decodeUtf8, encodeUtf8, micros, type Now, offset, wallMs } from "@samsa/stdx";
import { type Effect, Outbox } from "@samsa/world";
import { describe, expect, test } from "vitest";
import { type CheckpointedReplica, LogCheckpoints } from "../../src/replicas/log-checkpoints.ts";
import { MemoryDisk } from "../support/memory-disk.ts";

const at = (ms: number): Now => ({ monotonicUs: micros(ms * 1000), wallMs: wallMs(ms) });
const MARKER = ".kafka_cleanshutdown";
const HIGH_WATERMARKS = "replication-offset-checkpoint";
const CLEANED_ENDS = "cleaner-offset-checkpoint";
const LOG_STARTS = "log-start-offset-checkpoint";
const RECOVERY_POINTS = "recovery-point-offset-checkpoint";
type DiskEffect = Parameters<MemoryDisk["perform"]>[0];

/** A log that ends when the test says so. */
class TestReplica implements CheckpointedReplica {
  readonly topic = "orders";
  readonly partition = 0;
  readonly replica = { highWatermark: offset(7) };
  isReady = true;
  end: (isWhole: boolean) => void = () => undefined;
  readonly log = {
    isReady: true,
    syncedEnd: offset(5),
    logStartOffset: offset(0),
    firstSegmentOffset: offset(0),
    firstFileOffset: offset(0),
    compaction: { cleanedEnd: undefined as number | undefined },
    expireProducers: (): void => undefined,
    stop: (now: Now, stopped: (isWhole: boolean, now: Now) => void): void => {
      this.end = (isWhole) => stopped(isWhole, now);
    },
  };
}

class Node {
  readonly disk: MemoryDisk;
  readonly outbox = new Outbox();
  readonly replicas: TestReplica[];
  readonly failures: string[] = [];
  readonly checkpoints: LogCheckpoints<TestReplica>;
  fault: "ENOSPC" | "ENOENT" | "EIO" | undefined;
  faultOf: readonly Effect["type"][] = ["append", "list"];
  told: string[] = [];
  /** Syncs and renames, in their order. */
  readonly kept: string[] = [];

  constructor(disk = new MemoryDisk(), replicas = [new TestReplica()]) {
    this.disk = disk;
    this.replicas = replicas;
    this.checkpoints = new LogCheckpoints({
      outbox: this.outbox,
      directory: "",
      recoveryPointIntervalMs: 60_000,
      highWatermarkIntervalMs: 5_000,
      logStartIntervalMs: 60_000,
      replicas: () => this.replicas,
      failed: (detail) => this.failures.push(detail),
      corrected: () => this.told.push("corrected"),
    });
  }

  load(): this {
    this.checkpoints.load(() => this.told.push("loaded"));
    return this.run();
  }

  stop(): this {
    this.checkpoints.stop(brokerEpoch(4), at(1), () => this.told.push("stopped"));
    return this.run();
  }

  run(): this {
    for (let effects = this.outbox.drain(); effects.length > 0; effects = this.outbox.drain()) for (const effect of effects) this.perform(effect);
    return this;
  }

  private perform(effect: Effect): void {
    const { fault } = this;
    if (effect.type === "sync" || effect.type === "sync-directory") this.kept.push(`${effect.type} ${effect.path}`.trim());
    if (effect.type === "rename") this.kept.push(`rename ${effect.to}`);
    if (fault !== undefined && "id" in effect && this.faultOf.includes(effect.type))
      return this.outbox.complete({ type: "failed", id: effect.id, error: { code: fault, detail: "the test says so" } }, at(1));
    for (const completion of this.disk.perform(effect as DiskEffect)) this.outbox.complete(completion, at(1));
  }
}

describe("A stop", () => {
  test("writes the marker when every log has written all, and the next start takes it away", () => {
    const node = new Node().load().stop();
    expect([node.told, node.disk.files.has(MARKER)]).toEqual([["loaded"], false]);
    node.replicas[0]?.end(true);
    node.run();
    expect([node.told, node.disk.files.has(MARKER)]).toEqual([["loaded", "stopped"], true]);
    expect(decodeUtf8(node.disk.files.get(HIGH_WATERMARKS) ?? new Uint8Array(0))).toContain("orders 0 7");
    const next = new Node(node.disk).load();
    expect(next.checkpoints.of("orders", 0)).toEqual({ recoveryPoint: 5, highWatermark: 7, isCleanStop: true });
    expect(next.disk.files.has(MARKER)).toBe(false);
  });

  test("writes no marker where a log could not write all", () => {
    const node = new Node().load().stop();
    node.replicas[0]?.end(false);
    node.run();
    expect([node.told, node.disk.files.has(MARKER)]).toEqual([["loaded", "stopped"], false]);
  });

  test("before the logs are known leaves the checkpoints as they are", () => {
    const disk = new MemoryDisk();
    disk.files.set(HIGH_WATERMARKS, encodeUtf8("0\n1\norders 0 7\n"));
    const node = new Node(disk, []).load().stop();
    expect(node.told).toEqual(["loaded", "stopped"]);
    expect(decodeUtf8(disk.files.get(HIGH_WATERMARKS) ?? new Uint8Array(0))).toContain("orders 0 7");
  });

  test("ends where the directory fails under it", () => {
    const node = new Node().load().stop();
    node.fault = "EIO";
    node.replicas[0]?.end(true);
    node.run();
    expect([node.told, node.failures.length]).toEqual([["loaded", "stopped"], 1]);
  });
});

describe("A recovery point", () => {
  test("is written soon where none was of a log that was synced, for without one the next start reads all of it", () => {
    const [first, second] = [new TestReplica(), new TestReplica()];
    const node = new Node(new MemoryDisk(), [first]).load();
    first.log.syncedEnd = offset(0);
    node.checkpoints.moved(first, at(0));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(5_000_000));
    first.log.syncedEnd = offset(5);
    node.checkpoints.moved(first, at(100));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(1_100_000));
    node.checkpoints.deadline(at(1_100));
    node.run();
    expect(decodeUtf8(node.disk.files.get(RECOVERY_POINTS) ?? new Uint8Array(0))).toContain("orders 0 5");
    node.checkpoints.moved(first, at(1_200));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(5_000_000));
    node.replicas.push(second);
    node.checkpoints.moved(second, at(1_300));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(2_300_000));
  });
});

describe("A high watermark", () => {
  const contentOf = ({ disk }: Node): string => decodeUtf8(disk.files.get(HIGH_WATERMARKS) ?? new Uint8Array(0));
  const DURABLY = [`sync ${HIGH_WATERMARKS}.tmp`, `rename ${HIGH_WATERMARKS}`, "sync-directory"];

  /** The file speaks of 204 records; the log has been read, and has fewer. */
  function nodeThatLost(highWatermark: number): { node: Node; replica: TestReplica } {
    const disk = new MemoryDisk();
    disk.files.set(HIGH_WATERMARKS, encodeUtf8("0\n1\norders 0 204\n"));
    const replica = new TestReplica();
    replica.replica.highWatermark = offset(highWatermark);
    replica.log.syncedEnd = offset(0);
    return { node: new Node(disk, [replica]).load(), replica };
  }

  test("that fell below what the file says is written at once, and outlives a power cut: the log grows again, and what it gets is not committed yet", () => {
    const { node, replica } = nodeThatLost(118);
    node.checkpoints.fell(replica, at(10));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(10_000));
    node.checkpoints.deadline(at(10));
    expect([contentOf(node.run()), node.kept]).toEqual(["0\n1\norders 0 118\n", DURABLY]);
  });

  test("is overstated until the file that says less is there", () => {
    const { node, replica } = nodeThatLost(118);
    node.checkpoints.fell(replica, at(10));
    node.checkpoints.deadline(at(10));
    expect([node.checkpoints.overstates(replica), node.told]).toEqual([true, ["loaded"]]);
    node.run();
    expect([node.checkpoints.overstates(replica), node.told]).toEqual([false, ["loaded", "corrected"]]);
  });

  test("that falls further while the file is written is overstated by that one, too", () => {
    const { node, replica } = nodeThatLost(118);
    node.checkpoints.fell(replica, at(10));
    node.checkpoints.deadline(at(10));
    replica.replica.highWatermark = offset(100);
    node.checkpoints.fell(replica, at(11));
    node.run();
    expect([node.checkpoints.overstates(replica), node.told]).toEqual([true, ["loaded"]]);
    node.checkpoints.deadline(at(11));
    expect(contentOf(node.run())).toBe("0\n1\norders 0 100\n");
    expect([node.checkpoints.overstates(replica), node.told]).toEqual([false, ["loaded", "corrected"]]);
  });

  test("that the file does not know yet may fall unheard", () => {
    const { node, replica } = nodeThatLost(204);
    node.checkpoints.fell(replica, at(10));
    expect([node.checkpoints.nextDeadlineUs, node.checkpoints.overstates(replica)]).toEqual([undefined, false]);
  });

  test("that rises waits its time, and is not synced", () => {
    const { node, replica } = nodeThatLost(205);
    node.checkpoints.moved(replica, at(0));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(5_000_000));
    node.checkpoints.deadline(at(5_000));
    expect([contentOf(node.run()), node.kept]).toEqual(["0\n1\norders 0 205\n", [`rename ${HIGH_WATERMARKS}`]]);
  });

  test("whose correction can't be made to last is overstated on, and its directory has failed: the records that come are not taken for committed", () => {
    for (const step of ["sync", "rename", "sync-directory"] as const) {
      for (const fault of ["ENOSPC", "ENOENT", "EIO"] as const) {
        const { node, replica } = nodeThatLost(118);
        Object.assign(node, { fault, faultOf: [step] });
        node.checkpoints.fell(replica, at(10));
        node.checkpoints.deadline(at(10));
        node.run();
        expect([node.checkpoints.overstates(replica), node.told, node.failures.length]).toEqual([true, ["loaded"], 1]);
        if (step !== "sync-directory") expect(contentOf(node)).toBe("0\n1\norders 0 204\n");
      }
    }
  });

  test("of a partition that is no more goes for good: another one of its name may come", () => {
    const { node, replica } = nodeThatLost(204);
    node.checkpoints.moved(replica, at(0));
    node.replicas.splice(0);
    node.checkpoints.deadline(at(5_000));
    expect([contentOf(node.run()), node.kept]).toEqual(["0\n0\n", DURABLY]);
  });

  test("that fell as the process ends is written for good, too", () => {
    const { node, replica } = nodeThatLost(118);
    node.stop();
    replica.end(false);
    node.run();
    expect([node.told, contentOf(node)]).toEqual([["loaded", "stopped"], "0\n1\norders 0 118\n"]);
    expect(node.kept.slice(-3)).toEqual(DURABLY);
  });
});

describe("How far a log is compacted", () => {
  const nodeOf = (cleanedEnd: number | undefined): { node: Node; replica: TestReplica } => {
    const disk = new MemoryDisk();
    disk.files.set(CLEANED_ENDS, encodeUtf8("0\n1\norders 0 100\n"));
    const replica = new TestReplica();
    replica.log.compaction.cleanedEnd = cleanedEnd;
    return { node: new Node(disk, [replica]).load(), replica };
  };
  const contentOf = ({ disk }: Node): string => decodeUtf8(disk.files.get(CLEANED_ENDS) ?? new Uint8Array(0));

  test("that fell is written at once, and for good, before the log grows again: a tombstone among what comes would be dropped before what it deletes", () => {
    for (const [cleanedEnd, told] of [
      [50, "0\n1\norders 0 50\n"],
      [undefined, "0\n0\n"],
    ] as const) {
      const { node, replica } = nodeOf(cleanedEnd);
      node.checkpoints.fell(replica, at(10));
      expect([node.checkpoints.overstates(replica), node.checkpoints.nextDeadlineUs]).toEqual([true, micros(10_000)]);
      node.checkpoints.deadline(at(10));
      expect([contentOf(node.run()), node.kept]).toEqual([told, [`sync ${CLEANED_ENDS}.tmp`, `rename ${CLEANED_ENDS}`, "sync-directory"]]);
      expect([node.checkpoints.overstates(replica), node.told]).toEqual([false, ["loaded", "corrected"]]);
    }
  });

  test("that is as it was written keeps nobody waiting", () => {
    const { node, replica } = nodeOf(100);
    node.checkpoints.fell(replica, at(10));
    expect([node.checkpoints.overstates(replica), node.checkpoints.nextDeadlineUs]).toEqual([false, undefined]);
  });
});

describe("A log's start", () => {
  test("that went back is written at once, for good, and with the high watermark before the replica is overstated no more", () => {
    const disk = new MemoryDisk();
    disk.files.set(LOG_STARTS, encodeUtf8("0\n1\norders 0 59\n"));
    disk.files.set(HIGH_WATERMARKS, encodeUtf8("0\n1\norders 0 60\n"));
    const replica = new TestReplica();
    Object.assign(replica.log, { logStartOffset: offset(40), firstSegmentOffset: offset(40), firstFileOffset: offset(40) });
    Object.assign(replica.replica, { highWatermark: offset(40) });
    const node = new Node(disk, [replica]).load();
    node.checkpoints.fell(replica, at(10));
    node.checkpoints.deadline(at(10));
    node.run();
    expect(decodeUtf8(disk.files.get(LOG_STARTS) ?? new Uint8Array(0))).toBe("0\n0\n");
    expect(node.kept.slice(-3)).toEqual([`sync ${LOG_STARTS}.tmp`, `rename ${LOG_STARTS}`, "sync-directory"]);
    expect([node.checkpoints.overstates(replica), node.told]).toEqual([false, ["loaded", "corrected"]]);
  });

  test("that moves on is written when it is due", () => {
    const node = new Node().load();
    node.checkpoints.startMoved(at(0));
    node.checkpoints.startMoved(at(10));
    expect(node.checkpoints.nextDeadlineUs).toBe(micros(60_000_000));
  });
});

describe("A directory", () => {
  test("that can't be listed keeps nobody waiting", () => {
    const node = new Node();
    node.fault = "EIO";
    node.load();
    expect([node.told, node.failures.length]).toEqual([["loaded"], 1]);
  });

  test("that is full has not failed: its checkpoints stay as they are until there is room", () => {
    const replica = new TestReplica();
    const node = new Node(new MemoryDisk(), [replica]).load();
    node.checkpoints.moved(replica, at(0));
    node.fault = "ENOSPC";
    node.checkpoints.deadline(at(60_000));
    node.run();
    expect([node.failures, node.disk.files.has(HIGH_WATERMARKS)]).toEqual([[], false]);
    node.fault = undefined;
    node.checkpoints.moved(replica, at(60_000));
    node.checkpoints.deadline(at(120_000));
    node.run();
    expect(node.disk.files.has(HIGH_WATERMARKS)).toBe(true);
  });

  test("that is full keeps no broker from ending, without a marker", () => {
    const node = new Node().load().stop();
    node.fault = "ENOSPC";
    node.replicas[0]?.end(true);
    node.run();
    expect([node.told, node.failures, node.disk.files.has(MARKER)]).toEqual([["loaded", "stopped"], [], false]);
  });
});

test("where a log starts is written down while the files before it are there: they may be still when the process has ended", () => {
  const startsOf = (firstFileOffset: number): string | undefined => {
    const replica = new TestReplica();
    Object.assign(replica.log, { logStartOffset: offset(4), firstSegmentOffset: offset(4), firstFileOffset: offset(firstFileOffset) });
    const node = new Node(new MemoryDisk(), [replica]).load().stop();
    replica.end(true);
    node.run();
    const content = node.disk.files.get(LOG_STARTS);
    return content === undefined ? undefined : decodeUtf8(content);
  };
  expect(startsOf(2)).toBe("0\n1\norders 0 4\n");
  expect(startsOf(4)).toBe("0\n0\n");
});
