import type { HostedReplica } from "@samsa/broker";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { KeptLogStarts } from "../../src/invariants/kept-log-starts.ts";

const INTERVAL_MS = 1_000;

class Look {
  readonly reports: string[] = [];
  readonly ghost = new Ghost(combined(3));
  private readonly check = new KeptLogStarts((invariant) => this.reports.push(invariant));
  private incarnation = 1;

  constructor() {
    Object.assign(this.ghost, { retainedBytes: undefined, logStartIntervalMs: INTERVAL_MS });
  }

  /** So long after the start of all, in seconds. */
  startsAt(logStartOffset: number, atS: number, isBeginningAnew = false): this {
    const log = { isReady: true, logStartOffset, isBeginningAnew };
    return this.turn(atS, [{ key: "topic:0", topic: "orders", partition: 0, logDir: 1, log } as unknown as HostedReplica]);
  }

  turn(atS: number, changed: readonly HostedReplica[] = []): this {
    this.ghost.nowUs = atS * 1_000_000;
    this.check.afterTurn({ id: 1, incarnation: this.incarnation } as NodeView, this.ghost, { changed, effects: [] });
    return this;
  }

  /** The next process. */
  begins({ isClean = false, lostPower = false, isWiped = false } = {}): this {
    if (isWiped) this.check.wiped(1);
    const fileOf = (path: string): Uint8Array | undefined => (isClean && path === "@1/.kafka_cleanshutdown" ? new Uint8Array(1) : undefined);
    this.incarnation++;
    this.check.started({ id: 1, incarnation: this.incarnation, fileOf } as unknown as NodeView, this.ghost, { lostPower });
    return this;
  }
}

describe("a log whose process stopped in order (I-P15)", () => {
  const stopped = (): Look => new Look().startsAt(0, 0).startsAt(9, 1).begins({ isClean: true });

  it("starts where it did", () => {
    expect(stopped().startsAt(9, 2).reports).toEqual([]);
    expect(stopped().startsAt(8, 2).reports).toEqual(["I-P15"]);
    expect(stopped().startsAt(10, 2).reports).toEqual(["I-P15"]);
    expect(stopped().startsAt(9, 2).startsAt(12, 3).reports).toEqual([]);
  });

  it("does so too if a process comes between that dies before it has read it", () => {
    expect(stopped().begins().startsAt(8, 2).reports).toEqual(["I-P15"]);
  });

  it("may start anywhere after a loss of power, or on another disk", () => {
    expect(stopped().begins({ lostPower: true }).startsAt(0, 2).reports).toEqual([]);
    expect(stopped().begins({ isWiped: true }).startsAt(0, 2).reports).toEqual([]);
  });
});

describe("a log whose process was killed (I-P15)", () => {
  it("starts where it did if that was to be written down by then, and where it did before if not", () => {
    const killed = (atS: number): Look => new Look().startsAt(3, 0).startsAt(9, 1).turn(atS).begins();
    expect(killed(7.1).startsAt(9, 8).reports).toEqual([]);
    expect(killed(7.1).startsAt(8, 8).reports).toEqual(["I-P15"]);
    expect(killed(6.9).startsAt(3, 8).reports).toEqual([]);
    expect(killed(6.9).startsAt(2, 8).reports).toEqual(["I-P15"]);
  });

  it("may start earlier where it has begun anew there, and then not where it did before", () => {
    const killed = (atS: number): Look => new Look().startsAt(9, 0).startsAt(4, 20).turn(atS).begins();
    expect(killed(21).startsAt(4, 40).reports).toEqual([]);
    expect(killed(21).startsAt(9, 40).reports).toEqual([]);
    expect(killed(26).startsAt(4, 40).reports).toEqual([]);
    expect(killed(26).startsAt(9, 40).reports).toEqual(["I-P15"]);
    expect(killed(26).startsAt(3, 40).reports).toEqual(["I-P15"]);
  });

  it("may start anywhere if it was just beginning anew, or the disk was slow, full or failing", () => {
    expect(new Look().startsAt(9, 0, true).turn(20).begins().startsAt(0, 21).reports).toEqual([]);
    const look = new Look().startsAt(9, 0).turn(20);
    look.ghost.unreliableDisks.add(1);
    expect(look.begins().startsAt(0, 21).reports).toEqual([]);
  });

  it("may start later where retention deletes records, and not earlier", () => {
    const look = (): Look => {
      const one = new Look().startsAt(9, 0).turn(20);
      one.ghost.retainedBytes = 0;
      return one.begins();
    };
    expect(look().startsAt(12, 21).reports).toEqual([]);
    expect(look().startsAt(8, 21).reports).toEqual(["I-P15"]);
  });

  it("may start later where its topic's own retention deletes records, and not where others' does", () => {
    const startsLater = (bytes: string, ofOthers: number | undefined): readonly string[] => {
      const look = new Look().startsAt(9, 0).turn(20);
      Object.assign(look.ghost, { retainedBytes: ofOthers, image: { topicConfig: () => new Map([["retention.bytes", bytes]]) } });
      return look.begins().startsAt(12, 21).reports;
    };
    expect(startsLater("500", undefined)).toEqual([]);
    expect(startsLater("-1", 0)).toEqual(["I-P15"]);
  });
});
